# The commands of the wheel, with the pinned packages. The DuckDB file is kept in /data.
FROM python:3.13-slim AS build
WORKDIR /src
COPY pyproject.toml README.md CHANGELOG.md LICENSE ./
COPY jobs_source jobs_source
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /dist .

FROM python:3.13-slim
COPY requirements.txt /tmp/requirements.txt
COPY --from=build /dist /tmp/dist
RUN pip install --no-cache-dir --no-deps --require-hashes -r /tmp/requirements.txt
RUN pip install --no-cache-dir --no-deps --no-index /tmp/dist/*.whl
RUN groupadd --gid 10001 jobs \
    && useradd --uid 10001 --gid jobs --create-home jobs \
    && install --directory --owner=jobs --group=jobs /data
# dlt works in a folder below HOME. Another uid, as by `docker run --user`, could not write there.
ENV DLT_DATA_DIR=/tmp/dlt
USER 10001:10001
WORKDIR /data
VOLUME /data
ENTRYPOINT ["salesforce-jobs"]
CMD ["--help"]
