# The image that pull-secret-controller.yaml and credential-provider-daemonset.yaml name. From the root of the repository:
#
#   docker build -f deploy/credential-provider.Dockerfile -t credential-provider-baiducloud:0.1.0 .
FROM node:24-slim AS build
WORKDIR /src
COPY . .
RUN npm run build

FROM node:24-slim
COPY --from=build /src/dist/credential-provider.mjs /usr/local/lib/credential-provider.mjs
USER 65532:65532
ENTRYPOINT ["node", "/usr/local/lib/credential-provider.mjs"]
