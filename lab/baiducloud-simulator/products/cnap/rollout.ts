import type { ComponentConf, DeployGroup } from "./records.ts";

/** What a release changes in a deploy group: versions of images and of configs. Pure. */

export interface Versions {
  /** By the image's name without a tag. */
  readonly images: Readonly<Record<string, string>>;
  readonly configs: Readonly<Record<string, string>>;
}

interface ConfigToDeploy {
  readonly configID: string;
  readonly configVersionID?: string;
}

interface ConfigParams {
  readonly containerConfigs?: readonly { readonly configToDeploys?: readonly ConfigToDeploy[] }[];
}

/** Without tag and digest: a colon of a port is before a slash. */
export function imageNameOf(image: string): string {
  return image.replace(/@.*$/, "").replace(/:[^/]*$/, "");
}

export function configsOf({ componentConf }: Pick<DeployGroup, "componentConf">): readonly ConfigToDeploy[] {
  return componentConf
    .filter(({ name }) => name === "config")
    .flatMap(({ params }) => (params as ConfigParams | undefined)?.containerConfigs ?? [])
    .flatMap(({ configToDeploys = [] }) => configToDeploys);
}

export function withVersions<T extends Pick<DeployGroup, "conf" | "componentConf">>(group: T, versions: Versions): T {
  const containers = group.conf.containers.map((container) => {
    const name = imageNameOf(container.image);
    return Object.hasOwn(versions.images, name)
      ? { ...container, image: `${name}:${versions.images[name]}` }
      : container;
  });
  const componentConf = group.componentConf.map((component) => configured(component, versions.configs));
  return { ...group, conf: { ...group.conf, containers }, componentConf };
}

function configured(component: ComponentConf, versions: Versions["configs"]): ComponentConf {
  if (component.name !== "config") return component;
  const params = (component.params ?? {}) as ConfigParams;
  const containerConfigs = (params.containerConfigs ?? []).map((one) => ({
    ...one,
    configToDeploys: (one.configToDeploys ?? []).map((config) =>
      Object.hasOwn(versions, config.configID) ? { ...config, configVersionID: versions[config.configID] } : config,
    ),
  }));
  return { ...component, params: { ...params, containerConfigs } };
}
