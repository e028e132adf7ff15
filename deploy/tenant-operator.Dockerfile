# The image that tenant-operator.yaml names. From the root of the repository:
#
#   docker build -f deploy/tenant-operator.Dockerfile -t tenant-operator-baiducloud:0.1.0 .
FROM node:24-slim AS build
WORKDIR /src
COPY . .
RUN npm run build

FROM node:24-slim
COPY --from=build /src/dist/tenant-operator.mjs /usr/local/lib/tenant-operator.mjs
USER 65532:65532
ENTRYPOINT ["node", "/usr/local/lib/tenant-operator.mjs"]
