# The image of a Python project with a lock of uv, as kubernetes-mlops builds it for a context without a Dockerfile.
# Everything is a build argument, so that one file serves every program and each value is visible in a preview.
ARG BASE_IMAGE
FROM ${BASE_IMAGE} AS dependencies
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

# The dependencies get a separate layer, which is built again only when pyproject.toml or the lock changes. uv is removed in
# the same layer, so that it is not part of the image. Dependencies in the context itself are installed with the project.
# The secrets, if there are any, are environment variables of the steps that install something.
ARG UV_VERSION=0.13.9
COPY pyproject.toml uv.lock ./
RUN --mount=type=secret,id=environment \
    if [ -f /run/secrets/environment ]; then . /run/secrets/environment; fi \
    && python -m pip install --no-input --target /opt/uv "uv==${UV_VERSION}" \
    && UV_PROJECT_ENVIRONMENT=/opt/venv /opt/uv/bin/uv sync --frozen --no-dev --no-install-local \
        --compile-bytecode --no-cache --python python --no-python-downloads \
    && rm -r /opt/uv /tmp/uv-*.lock

# The entrypoint is a list of strings in JSON; a script that ends in exec passes the container's signals to it.
ARG ENTRYPOINT
RUN python -c 'import json, shlex, sys; print("#!/bin/sh\nexec", shlex.join(json.loads(sys.argv[1])), "\"$@\"")' \
    "${ENTRYPOINT}" > /usr/local/bin/entrypoint && chmod 755 /usr/local/bin/entrypoint

# Installs the project, if it is a package: it is editable, so that its modules are those in /app. The code, and what the
# project adds to the environment, are collected in /project, to be copied without the tool.
FROM dependencies AS project
ARG UV_VERSION=0.13.9
RUN --mount=type=secret,id=environment \
    if [ -f /run/secrets/environment ]; then . /run/secrets/environment; fi \
    && python -m pip install --no-input --target /opt/uv "uv==${UV_VERSION}" \
    && find /opt/venv ! -type d | sort > /tmp/dependencies
COPY . .
RUN --mount=type=secret,id=environment \
    if [ -f /run/secrets/environment ]; then . /run/secrets/environment; fi \
    && UV_PROJECT_ENVIRONMENT=/opt/venv /opt/uv/bin/uv sync --locked --no-dev \
        --compile-bytecode --no-cache --python python --no-python-downloads
RUN mkdir /project && cp --archive /app /project/app \
    && find /opt/venv ! -type d | sort | comm -13 /tmp/dependencies - \
        | xargs --no-run-if-empty --delimiter '\n' cp --parents --no-dereference --target-directory /project

FROM dependencies
ENV VIRTUAL_ENV=/opt/venv PATH="/opt/venv/bin:${PATH}"
COPY --from=project /project/ /

# A number, because Kubernetes cannot tell whether a user name is root's.
USER 1000:1000
ENTRYPOINT ["/usr/local/bin/entrypoint"]
