# The image of a Python program, as kubernetes-mlops builds it where a context has no Dockerfile of its own.
# Everything is a build argument, so that one file serves every program and each value is seen in a preview.
ARG BASE_IMAGE
FROM ${BASE_IMAGE}

ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1 \
    PIP_ROOT_USER_ACTION=ignore

WORKDIR /app

# What a program depends on changes less often than the program: a layer of its own, before the code.
ARG REQUIREMENTS
COPY ${REQUIREMENTS} /tmp/requirements/
RUN python -m pip install --requirement "/tmp/requirements/$(basename "${REQUIREMENTS}")" && rm -r /tmp/requirements

# The entry point is a list of words in JSON; a script that ends in exec hands the signals of the container over to it.
ARG ENTRYPOINT
RUN python -c 'import json, shlex, sys; print("#!/bin/sh\nexec", shlex.join(json.loads(sys.argv[1])), "\"$@\"")' \
    "${ENTRYPOINT}" > /usr/local/bin/entrypoint && chmod 755 /usr/local/bin/entrypoint

COPY . .

# A number, because Kubernetes cannot tell whether a user's name stands for root.
USER 1000:1000
ENTRYPOINT ["/usr/local/bin/entrypoint"]
