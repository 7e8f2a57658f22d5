# Two stages: the wheel and its dependencies are installed in the first; the second holds only what runs.
FROM python:3.13-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE THIRD_PARTY_NOTICES.md ./
COPY fakeai ./fakeai
# Such as postgres,s3,redis.
ARG EXTRAS=
RUN python -m venv /opt/fakeai \
 && /opt/fakeai/bin/pip install --no-cache-dir --disable-pip-version-check ".${EXTRAS:+[$EXTRAS]}" \
 && /opt/fakeai/bin/pip uninstall --yes pip

FROM python:3.13-slim
COPY --from=build /opt/fakeai /opt/fakeai
# Nothing is written at run time but to /data, if FAKEAI_DATA_DIR names it: the root file system may be read-only.
ENV PATH=/opt/fakeai/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    FAKEAI_LOG_FORMAT=json
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin fakeai \
 && install --directory --mode 700 --owner 10001 /data
USER 10001
EXPOSE 8000
STOPSIGNAL SIGTERM
# Asks the port that the settings name: change it by FAKEAI_PORT, and this follows.
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s CMD ["fakeai", "health"]
ENTRYPOINT ["fakeai"]
CMD ["serve", "--host", "0.0.0.0"]
