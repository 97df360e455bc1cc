# An image that serves: docker build -t striate . && docker run --rm -p 8643:8643 -v "$PWD/runs:/runs:ro" striate
# It needs the registries of images and of Python packages, and nothing else.
FROM python:3.11-slim

# Where else pip looks. Of torch, Linux on x86-64 gets the build for CUDA from the registry, with gigabytes of
# libraries; with the address of its builds for processors here, pip takes one of those.
ARG PIP_EXTRA_INDEX_URL
ARG PIP_FIND_LINKS

WORKDIR /src
COPY pyproject.toml setup.py constraints.txt README.md CHANGELOG.md LICENSE MANIFEST.in ./
COPY src src
# The extras: the server, exported files, photographs of telephones.
RUN pip install --no-cache-dir -c constraints.txt '.[lab,export,heif]' && rm -rf /src/*

RUN useradd --create-home striate
USER striate
WORKDIR /home/striate
ENV OMP_WAIT_POLICY=PASSIVE
EXPOSE 8643
# Whether somebody listens: /health itself may ask for the token.
HEALTHCHECK --start-period=60s CMD ["python", "-c", "import socket; socket.create_connection(('127.0.0.1', 8643), 5)"]
ENTRYPOINT ["striate"]
CMD ["serve", "/runs/run", "--host", "0.0.0.0", "--port", "8643"]
