import { ANY_TEXT } from "../../api/common.ts";
import { operations, part } from "../../api/operation.ts";
import { anything, list, object, openObject, optional, text } from "../../api/schema.ts";
import { getCluster, runningCluster } from "./cluster-model.ts";
import { done, exists, invalid, noSuchObject, REQUEST_ID, unmet, v2 } from "./wire.ts";

interface Addon {
  readonly clusterId: string;
  readonly name: string;
  readonly version: string;
  readonly params: string;
  readonly phase: "Installing" | "Running" | "Upgrading" | "Uninstalling";
}

interface Meta {
  readonly name: string;
  readonly type: string;
  readonly versions: readonly string[];
  readonly about: string;
  /** It cannot be taken out of a cluster. */
  readonly required?: boolean;
}

/** A few of the real ones; the last version is the newest. */
const CATALOGUE: readonly Meta[] = [
  { name: "coredns", type: "Networking", versions: ["1.11.1", "1.11.3"], about: "Names of Services", required: true },
  { name: "kube-proxy", type: "Networking", versions: ["1.0.0"], about: "Traffic to Services", required: true },
  { name: "cce-ingress-controller", type: "Networking", versions: ["1.3.0", "1.4.0"], about: "Ingress by BLB" },
  { name: "cce-csi-cds-plugin", type: "Storage", versions: ["1.0.4", "1.0.6"], about: "Volumes on CDS" },
  { name: "cce-credential-controller", type: "Image", versions: ["1.0.1"], about: "Pulls from CCR without a password" },
  { name: "cce-node-problem-detector", type: "Observability", versions: ["0.8.25"], about: "Problems of nodes" },
  { name: "cce-gpu-manager", type: "CloudNativeAI", versions: ["1.5.40"], about: "Shared GPUs" },
  { name: "cluster-autoscaler", type: "Others", versions: ["1.0.0"], about: "Scales groups" },
];
const PATH = "/cluster/{clusterID}/addon";
const ERRORS = ["cce.warning.ClusterNotFound", "cce.warning.NoSuchObject", "cce.warning.InvalidParam"];
const STATE = "PreconditionFailed";
const DONE = object({ ...REQUEST_ID, code: ANY_TEXT, message: ANY_TEXT });
const SETTLED = "cce.addon.settled";

const OPERATIONS = operations({
  ListAddons: {
    summary: "Add-ons that there are, with what is installed of them. A body is ignored.",
    method: "GET",
    ...v2(PATH),
    query: { addons: ANY_TEXT },
    answer: object({
      items: list(
        object({
          meta: openObject({ name: text(), type: text(), latestVersion: text() }),
          instance: optional(openObject({ name: text(), installedVersion: text() })),
          multiInstances: optional(anything()),
        }),
      ),
      code: ANY_TEXT,
      message: ANY_TEXT,
      ...REQUEST_ID,
    }),
    errors: ["cce.warning.ClusterNotFound"],
  },
  InstallAddon: {
    summary: "Installs an add-on, by default its newest version.",
    method: "POST",
    ...v2(PATH),
    body: object({ name: text(), version: ANY_TEXT, params: ANY_TEXT, clusterID: ANY_TEXT }),
    answer: DONE,
    errors: [...ERRORS, "cce.warning.AlreadyExist", STATE],
    delay: "cceJob",
  },
  UninstallAddon: {
    summary: "Takes an add-on out. The body says which.",
    method: "DELETE",
    ...v2(PATH),
    body: object({ name: text(), clusterID: ANY_TEXT, instanceName: ANY_TEXT }),
    answer: DONE,
    errors: [...ERRORS, STATE],
    delay: "cceJob",
  },
  UpdateAddon: {
    summary: "Changes the parameters of an add-on.",
    method: "PUT",
    ...v2(PATH),
    body: object({ name: text(), clusterID: ANY_TEXT, instanceName: ANY_TEXT, params: ANY_TEXT }),
    answer: DONE,
    errors: [...ERRORS, STATE],
  },
  UpgradeAddon: {
    summary: "Brings an add-on to another version, by default the newest.",
    method: "POST",
    ...v2("/cluster/{clusterID}/addon/upgrade"),
    body: object({
      name: text(),
      clusterID: ANY_TEXT,
      targetVersion: ANY_TEXT,
      instanceName: ANY_TEXT,
      params: ANY_TEXT,
    }),
    answer: DONE,
    errors: [...ERRORS, STATE],
    delay: "cceJob",
  },
});

export const addons = part(OPERATIONS, (account) => {
  const all = account.store.table<Addon>("cceAddons");
  account.store.on(SETTLED, (id, { from }) => {
    const addon = all.get(id);
    if (addon?.phase !== from) return;
    if (from === "Uninstalling") all.delete(id);
    else all.patch(id, { phase: "Running" });
  });
  const metaOf = (name: string): Meta => {
    const meta = CATALOGUE.find((one) => one.name === name);
    if (!meta) throw noSuchObject(`Add-on ${name}`);
    return meta;
  };
  const newest = ({ versions }: Meta): string => versions.at(-1) ?? "";
  const versionOf = (meta: Meta, wanted: string | undefined): string => {
    if (wanted && !meta.versions.includes(wanted)) throw invalid(`version: ${meta.name} has no version ${wanted}.`);
    return wanted || newest(meta);
  };
  const installed = (clusterId: string, { name, required, ...meta }: Meta): Addon | undefined => {
    const found = all.get(`${clusterId} ${name}`);
    const builtIn: Addon = { clusterId, name, version: newest({ name, ...meta }), params: "", phase: "Running" };
    return found ?? (required ? builtIn : undefined);
  };
  const steady = (clusterId: string, name: string): Addon => {
    runningCluster(account, clusterId);
    const addon = installed(clusterId, metaOf(name));
    if (!addon) throw noSuchObject(`Add-on ${name} in cluster ${clusterId}`);
    if (addon.phase !== "Running") throw unmet(`Add-on ${name} is ${addon.phase}.`);
    return addon;
  };
  const enter = (addon: Addon): void => {
    const id = `${addon.clusterId} ${addon.name}`;
    all.set(id, addon);
    account.store.schedule(SETTLED, id, account.timings.cceJob, { from: addon.phase });
  };
  const view = (clusterId: string, meta: Meta) => {
    const { name, type, about, required = false } = meta;
    const addon = installed(clusterId, meta);
    const instance = addon && {
      name,
      installedVersion: addon.version,
      params: addon.params,
      status: { phase: addon.phase, code: "", traceID: "", message: "" },
      uninstallInfo: { allowUninstall: !required },
      upgradeInfo: { allowUpgrade: addon.version !== newest(meta), nextVersion: newest(meta) },
      updateInfo: { allowUpdate: true },
      rollback: { allowRollback: false },
      manifest: "",
    };
    return {
      meta: {
        name,
        type,
        managed: false,
        required,
        latestVersion: newest(meta),
        latestImageTag: newest(meta),
        shortIntroduction: about,
        detailIntroduction: about,
        defaultParams: "",
        installInfo: { allowInstall: !addon, message: "" },
      },
      ...(instance ? { instance } : {}),
    };
  };
  return {
    ListAddons({ params: { clusterID }, query }) {
      getCluster(account, clusterID);
      const wanted = query.addons ? new Set(query.addons.split(",")) : undefined;
      const items = CATALOGUE.filter(({ name }) => !wanted || wanted.has(name)).map((meta) => view(clusterID, meta));
      return { items, code: "", message: "", ...done(account) };
    },
    InstallAddon({ params: { clusterID }, body: { name, version, params = "" } }) {
      runningCluster(account, clusterID);
      const meta = metaOf(name);
      if (installed(clusterID, meta)) throw exists(`Add-on ${name} is installed in cluster ${clusterID}.`);
      enter({ clusterId: clusterID, name, version: versionOf(meta, version), params, phase: "Installing" });
      return done(account);
    },
    UninstallAddon({ params: { clusterID }, body: { name } }) {
      const addon = steady(clusterID, name);
      if (metaOf(name).required) throw invalid(`name: add-on ${name} cannot be taken out.`);
      enter({ ...addon, phase: "Uninstalling" });
      return done(account);
    },
    UpdateAddon({ params: { clusterID }, body: { name, params = "" } }) {
      const addon = steady(clusterID, name);
      all.set(`${clusterID} ${name}`, { ...addon, params });
      return done(account);
    },
    UpgradeAddon({ params: { clusterID }, body: { name, targetVersion, params } }) {
      const addon = steady(clusterID, name);
      const version = versionOf(metaOf(name), targetVersion);
      enter({ ...addon, version, params: params || addon.params, phase: "Upgrading" });
      return done(account);
    },
  };
});
