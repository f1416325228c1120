FROM python:3.13.14-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /portal
COPY requirements.txt .
# Neither pip itself nor the tests of packages are needed where the site runs.
RUN python -m venv --without-pip /venv \
 && python -m pip --python /venv/bin/python install --require-hashes -r requirements.txt \
 && find /venv -type d -name tests -prune -exec rm -r {} +
COPY . .
# Settings for the build alone: the image holds no secret and no data.
RUN /venv/bin/python bin/compile_catalogues.py \
 && DEVELOPMENT=true COMPRESS_STATIC=true DATA_DIR=/tmp/build /venv/bin/python manage.py collectstatic --noinput

FROM python:3.13.14-slim
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 DATA_DIR=/data WEB_CONCURRENCY=2
RUN mkdir /data /backups && chown 10001:10001 /data /backups
COPY --from=build /venv /venv
COPY --from=build /portal /portal
WORKDIR /portal
USER 10001:10001
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s CMD ["python", "bin/healthcheck.py"]
CMD ["gunicorn", "portal.wsgi", "--bind", "0.0.0.0:8000", "--threads", "4"]
