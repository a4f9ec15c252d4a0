# keysweep alone: docker build -t keysweep . && docker run --rm -v "$PWD:/scan:ro" keysweep scan /scan
FROM rust:1-bookworm AS build
WORKDIR /source
COPY . .
# All of it is in one file, so that the image needs nothing else.
RUN RUSTFLAGS="-C target-feature=+crt-static" cargo build --locked --profile dist --target "$(rustc -vV | sed -n 's/^host: //p')" \
    && cp target/*/dist/keysweep /keysweep

# A shell, for pipelines that run their scripts in the image; git, for those that fetch in it.
FROM debian:bookworm-slim
RUN apt-get update && apt-get install --yes --no-install-recommends git ca-certificates && rm -rf /var/lib/apt/lists/*
COPY --from=build /keysweep /usr/local/bin/keysweep
USER 1000:1000
WORKDIR /scan
ENTRYPOINT ["keysweep"]
