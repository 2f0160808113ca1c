# The image of Taskmanager: `make image` builds it with whatever the machine has, starts it and probes it.
# An image of your own registry, or one that was made without any, can stand in for either base.
ARG PYTHON_IMAGE=docker.io/library/python:3.13-slim-trixie
ARG NODE_IMAGE=docker.io/library/node:22-slim

FROM ${NODE_IMAGE} AS browser
# The file of a company's own certificates, where npm is to trust them; a build mounts it.
ARG NODE_EXTRA_CA_CERTS
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM ${PYTHON_IMAGE} AS build
WORKDIR /build
RUN python3 -m venv /opt/taskmanager
# What is pinned comes first: it changes less often than the product does, and is kept between builds.
COPY requirements.txt ./
# Wheels alone, so that no stage needs a compiler.
RUN /opt/taskmanager/bin/pip install --no-cache-dir --require-hashes --only-binary :all: -r requirements.txt
COPY pyproject.toml hatch_build.py README.md LICENSE ./
COPY taskmanager ./taskmanager
COPY --from=browser /build/node_modules ./node_modules
# The configuration of Gunicorn gets a place that doesn't depend on Python's version. Nobody installs anything later.
RUN /opt/taskmanager/bin/pip install --no-cache-dir --no-deps . \
    && ln -s "$(/opt/taskmanager/bin/python -c 'import taskmanager; print(taskmanager.__path__[0])')/gunicorn.conf.py" \
        /opt/taskmanager/gunicorn.conf.py \
    && DATA_DIR=/tmp/data STATIC_ROOT=/opt/taskmanager/static \
        /opt/taskmanager/bin/taskmanager collectstatic --no-input --verbosity 0 \
    && /opt/taskmanager/bin/pip uninstall --quiet --yes pip
COPY deploy/image/healthcheck.py /opt/taskmanager/
# A number, so that Kubernetes can tell that it isn't root; and fixed, so that volumes keep their owner.
RUN groupadd --gid 10001 taskmanager \
    && useradd --uid 10001 --gid 10001 --home-dir /data --no-create-home --shell /usr/sbin/nologin taskmanager \
    && mkdir /data

FROM ${PYTHON_IMAGE}
ARG VERSION=unreleased
LABEL org.opencontainers.image.title="Taskmanager" \
    org.opencontainers.image.description="The self-hosted agile task manager" \
    org.opencontainers.image.licenses="MIT" \
    org.opencontainers.image.version="${VERSION}"
# Nothing runs in this stage, so nothing of a build is left in it.
COPY --from=build /etc/passwd /etc/group /etc/
COPY --from=build --chown=10001:10001 /data /data
COPY --from=build /opt/taskmanager /opt/taskmanager
ENV PATH=/opt/taskmanager/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    MALLOC_ARENA_MAX=2 \
    DATA_DIR=/data \
    STATIC_ROOT=/opt/taskmanager/static \
    HOST=0.0.0.0 \
    PORT=8000
USER 10001:10001
WORKDIR /data
# All that is ever written: these and /tmp. The rest may be read-only.
VOLUME ["/data"]
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "/opt/taskmanager/healthcheck.py"]
ENTRYPOINT ["taskmanager"]
CMD ["serve"]
