# The image of a Python program with a requirements file, as kubernetes-mlops builds it for a context without a Dockerfile.
# Everything is a build argument, so that one file serves every program and each value is visible in a preview.
ARG BASE_IMAGE
FROM ${BASE_IMAGE}

# Packages are installed as root, whichever user the base image has.
USER 0:0

ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_ROOT_USER_ACTION=ignore

WORKDIR /app

ARG SYSTEM_PACKAGES
RUN if [ -n "${SYSTEM_PACKAGES}" ]; then \
        apt-get update \
        && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends ${SYSTEM_PACKAGES} \
        && rm -r /var/lib/apt/lists/*; \
    fi

# The dependencies change less often than the program: they get a separate layer, before the code. The secrets, if there are
# any, are environment variables of this step only.
ARG REQUIREMENTS
COPY ${REQUIREMENTS} /tmp/requirements/
RUN --mount=type=secret,id=environment \
    if [ -f /run/secrets/environment ]; then . /run/secrets/environment; fi \
    && python -m pip install --no-input --requirement "/tmp/requirements/$(basename "${REQUIREMENTS}")" \
    && rm -r /tmp/requirements

# The entrypoint is a list of strings in JSON; a script that ends in exec passes the container's signals to it.
ARG ENTRYPOINT
RUN python -c 'import json, shlex, sys; print("#!/bin/sh\nexec", shlex.join(json.loads(sys.argv[1])), "\"$@\"")' \
    "${ENTRYPOINT}" > /usr/local/bin/entrypoint && chmod 755 /usr/local/bin/entrypoint

COPY . .

# A number, because Kubernetes cannot tell whether a user name is root's.
USER 1000:1000
ENTRYPOINT ["/usr/local/bin/entrypoint"]
