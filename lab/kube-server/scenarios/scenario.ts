/**
 * Scenarios are plain data: requests in order. They are sent to the embedded server and to a real kube-apiserver, and the
 * answers are compared (../agreement.ts). Each gets a namespace of its own.
 *
 * In every text, `{ns}` stands for the scenario's namespace and `{made:metadata.uid}` for a field of the answer that was
 * saved as "made" (`{w:0.object.metadata.uid}` for one of a watch's events).
 */
export interface Request {
  readonly method: string;
  readonly path: string;
  /** A text is sent as it is; anything else as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Saves the answer under this name. */
  readonly as?: string;
}

/** Opens a watch and goes on to the next step. */
export interface Watch {
  readonly watch: string;
  readonly as: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Waits until a watch has had so many events, or its end, and ends it; they are what is compared. */
export interface Events {
  readonly events: string;
  readonly count: number;
}

export type Step = Request | Watch | Events;

export interface Scenario {
  readonly name: string;
  readonly steps: readonly Step[];
}

export const scenario = (name: string, ...steps: Step[]): Scenario => ({ name, steps });

type More = Pick<Request, "headers" | "as">;
type Json = Readonly<Record<string, unknown>>;

export const get = (path: string, more: More = {}): Request => ({ method: "GET", path, ...more });
export const post = (path: string, body: unknown, more: More = {}): Request => ({
  method: "POST",
  path,
  body,
  ...more,
});
export const put = (path: string, body: unknown, more: More = {}): Request => ({ method: "PUT", path, body, ...more });
export const del = (path: string, body?: unknown, more: More = {}): Request => ({
  method: "DELETE",
  path,
  ...(body === undefined ? {} : { body }),
  ...more,
});
export const watch = (path: string, as = "w", headers: Request["headers"] = {}): Watch => ({
  watch: path,
  as,
  headers,
});
export const events = (count: number, name = "w"): Events => ({ events: name, count });

const PATCH_TYPES = {
  json: "application/json-patch+json",
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
} as const;

export const patch = (type: keyof typeof PATCH_TYPES, path: string, body: unknown, more: More = {}): Request => ({
  method: "PATCH",
  path,
  body,
  ...more,
  headers: { "content-type": PATCH_TYPES[type], ...more.headers },
});

export const NAMESPACE = "/api/v1/namespaces/{ns}";
export const SERVICES = `${NAMESPACE}/services`;
export const CONFIG_MAPS = `${NAMESPACE}/configmaps`;
export const SECRETS = `${NAMESPACE}/secrets`;
export const PODS = `${NAMESPACE}/pods`;
export const EVENTS = `${NAMESPACE}/events`;
export const ENDPOINTS = `${NAMESPACE}/endpoints`;
export const NODES = "/api/v1/nodes";
export const LEASES = "/apis/coordination.k8s.io/v1/namespaces/{ns}/leases";
export const SLICES = "/apis/discovery.k8s.io/v1/namespaces/{ns}/endpointslices";
export const DEPLOYMENTS = "/apis/apps/v1/namespaces/{ns}/deployments";

const object =
  (apiVersion: string, kind: string) =>
  (name: string, rest: Json = {}, metadata: Json = {}): Json => ({
    apiVersion,
    kind,
    metadata: { name, ...metadata },
    ...rest,
  });

export const service = (name: string, spec: Json = {}, metadata: Json = {}): Json =>
  object("v1", "Service")(name, { spec: { ports: [{ port: 80 }], ...spec } }, metadata);
export const configMap = (name: string, data: Json = { a: "1" }, metadata: Json = {}): Json =>
  object("v1", "ConfigMap")(name, { data }, metadata);
export const secret = object("v1", "Secret");
export const node = (name: string, rest: Json = {}, metadata: Json = {}): Json =>
  object("v1", "Node")(`{ns}-${name}`, rest, { labels: { scenario: "{ns}" }, ...metadata });
export const lease = (name: string, spec: Json = {}, metadata: Json = {}): Json =>
  object("coordination.k8s.io/v1", "Lease")(name, { spec }, metadata);
export const pod = (name: string, spec: Json = {}, metadata: Json = {}): Json =>
  object("v1", "Pod")(name, { spec: { containers: [{ name: "c", image: "nginx:1" }], ...spec } }, metadata);
export const endpoints = object("v1", "Endpoints");
export const slice = (name: string, rest: Json = {}, metadata: Json = {}): Json =>
  object("discovery.k8s.io/v1", "EndpointSlice")(name, { addressType: "IPv4", endpoints: [], ...rest }, metadata);
export const deployment = (name: string, spec: Json = {}, metadata: Json = {}): Json =>
  object("apps/v1", "Deployment")(
    name,
    {
      spec: {
        selector: { matchLabels: { app: name } },
        template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: "c", image: "nginx:1" }] } },
        ...spec,
      },
    },
    metadata,
  );
