import { type Clock, errorText, type Logger, type Metrics, type Random, repeat } from "@ccm/base";
import {
  createInformer,
  createWorkQueue,
  type EventRecorder,
  hasCode,
  type Informer,
  type InformerOptions,
  itemExponentialLimiter,
  type KubeClient,
  type KubeObject,
  NAMESPACES,
  type Namespace,
  type ResourceType,
  SECRETS,
  SERVICE_ACCOUNTS,
  type Secret,
  type ServiceAccount,
} from "@ccm/kube";
import type { LoginApiOf } from "../registries/login.ts";
import type { PullSecretsConfig } from "./config.ts";
import type { pullSecretMetrics } from "./metrics.ts";
import {
  ANNOTATION_EXPIRES,
  ANNOTATION_PULL_SECRET,
  DOCKER_CONFIG,
  DOCKER_CONFIG_TYPE,
  isSelected,
  LABEL_MANAGED,
  MANAGED,
} from "./objects.ts";
import { createOwnWrites } from "./own-writes.ts";
import { contentOf } from "./passwords.ts";
import { type Content, planNamespace, type Step } from "./plan.ts";
import { createSource, refuse } from "./source.ts";

export interface SessionParts {
  readonly api: LoginApiOf;
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly events: EventRecorder;
  readonly measure: ReturnType<typeof pullSecretMetrics>;
  readonly config: PullSecretsConfig;
  /** Where the Secret is that the others are copies of. */
  readonly namespace: string;
  /** What Events are about that concern all: the ConfigMap. */
  readonly about: readonly [type: ResourceType<KubeObject>, object: KubeObject];
  readonly workers: number;
}

const RETRY_MIN_MS = 5000;
const RETRY_MAX_MS = 600_000;
/** How often it is told how long passwords are still good: they live for hours. */
const TELL_MS = 300_000;
const ACCOUNT = "default";
/** The key of the passwords; all others are names of namespaces. */
const SOURCE = "";

/** Keeps the Secrets as one config wants them, until the signal aborts. */
export async function runSession(parts: SessionParts, signal: AbortSignal): Promise<void> {
  const { client, clock, random, logger, metrics, config, namespace, measure } = parts;
  const { secretName } = config;
  const shared = { client, clock, random, logger };
  const queue = createWorkQueue({
    name: "pull-secret",
    clock,
    metrics,
    limiter: itemExponentialLimiter(RETRY_MIN_MS, RETRY_MAX_MS),
    onError(key, error) {
      const again = hasCode(error, "conflict", "already_exists", "not_found");
      if (!again) measure.failed("secret");
      logger[again ? "debug" : "warn"]("a pull secret is not up to date", {
        namespace: key || namespace,
        error: errorText(error),
      });
    },
  });
  const informer = <T extends KubeObject>(type: ResourceType<T>, more: Partial<InformerOptions<T>> = {}) =>
    createInformer<T>({ ...shared, type, ...more });
  const namespaces: Informer<Namespace> = informer(NAMESPACES, { transform: slimNamespace });
  // The name alone is asked for: no other Secret is ever read, and RBAC need not allow it.
  const secrets: Informer<Secret> = informer(SECRETS, { fieldSelector: `metadata.name=${secretName}` });
  const accounts = config.defaultServiceAccounts
    ? informer(SERVICE_ACCOUNTS, { fieldSelector: `metadata.name=${ACCOUNT}`, transform: slimAccount })
    : undefined;
  const cachedSource = () => secrets.get(`${namespace}/${secretName}`);
  const own = createOwnWrites();
  const secretOf = (of: string) => secrets.get(`${of}/${secretName}`);
  const accountOf = (of: string) => accounts?.get(`${of}/${ACCOUNT}`);
  const source = createSource(parts, cachedSource, own);

  const addAll = () => {
    for (const { metadata } of namespaces.list()) queue.add(metadata.name ?? "");
  };
  const onSecret = (object: Secret) => {
    const { namespace: of = "" } = object.metadata;
    own.seen(`secret ${of}`);
    queue.add(of);
    if (of !== namespace) return;
    queue.add(SOURCE);
    addAll();
  };
  const both = <T extends KubeObject>(changed: (object: T) => void) => ({
    add: changed,
    update: (before: T, after: T) => {
      if (before.metadata.resourceVersion !== after.metadata.resourceVersion) changed(after);
    },
    delete: changed,
  });

  const syncNamespace = async (name: string, within: AbortSignal): Promise<void> => {
    if (own.isWaiting(`secret ${name}`) || own.isWaiting(`account ${name}`)) return;
    // Its Secret is the one that the others are copies of.
    const isHome = name === namespace;
    const found = namespaces.get(name);
    const steps = planNamespace(
      secretName,
      {
        selected: isSelected(found, config),
        secret: secretOf(name),
        account: accountOf(name),
      },
      contentOf(cachedSource()),
    );
    for (const step of steps) {
      if (isHome && step.do !== "refer") continue;
      await apply(name, step, within);
    }
  };
  const apply = async (name: string, step: Step, within: AbortSignal): Promise<void> => {
    const ref = { namespace: name, name: secretName };
    const secret = secretOf(name);
    const options = { signal: within };
    if (step.do === "refuse") {
      if (secret) refuse(parts, secret);
      return;
    }
    measure.wrote(step.do);
    if (step.do === "refer" || step.do === "unrefer") {
      const before = accountOf(name);
      const patch = reference(before, step.do);
      const after = await client.patch(SERVICE_ACCOUNTS, { namespace: name, name: ACCOUNT }, patch, options);
      own.wrote(`account ${name}`, before, after, accountOf(name));
      return;
    }
    const after = await write(ref, secret, step, options);
    own.wrote(`secret ${name}`, secret, after, secretOf(name));
  };
  const write = async (
    ref: { readonly namespace: string; readonly name: string },
    secret: Secret | undefined,
    step: Extract<Step, { do: "create" | "update" | "delete" }>,
    options: { readonly signal: AbortSignal },
  ): Promise<Secret | undefined> => {
    if (step.do === "create") {
      return client.create(SECRETS, { metadata: { ...ref, ...marks(step.content) }, ...dataOf(step.content) }, options);
    }
    if (step.do === "update") {
      const gone = Object.fromEntries(Object.keys(secret?.data ?? {}).map((key) => [key, null]));
      const { annotations } = marks(step.content);
      const metadata = { resourceVersion: secret?.metadata.resourceVersion, annotations };
      const body = { metadata, data: { ...gone, ...dataOf(step.content).data } };
      return client.patch(SECRETS, ref, { type: "merge", body }, options);
    }
    const { uid = "", resourceVersion = "" } = secret?.metadata ?? {};
    await client.delete(SECRETS, ref, { ...options, preconditions: { uid, resourceVersion } });
    return undefined;
  };
  const reference = (account: ServiceAccount | undefined, what: "refer" | "unrefer") => {
    const { metadata, imagePullSecrets = [] } = account ?? { metadata: {} };
    const others = imagePullSecrets.filter((one) => one.name !== secretName);
    // Of a list that somebody changes meanwhile, nothing gets lost: the version is a condition.
    const body = {
      metadata: { resourceVersion: metadata.resourceVersion },
      imagePullSecrets: what === "refer" ? [...others, { name: secretName }] : others,
    };
    return { type: "merge", body } as const;
  };

  const handle = async (key: string, within: AbortSignal): Promise<void> => {
    if (key !== SOURCE) return syncNamespace(key, within).then(() => queue.forget(key));
    const outcome = await source.sync(within);
    await tellAges();
    if ("blocked" in outcome) return;
    if (outcome.failed) queue.addRateLimited(SOURCE);
    else queue.forget(SOURCE);
    queue.addAfter(SOURCE, outcome.nextAt - clock.now());
  };
  const tellAges = async (): Promise<void> => {
    for (const [registry, { expiresAt }] of source.logins) measure.left(registry, expiresAt - clock.now());
  };

  const informers = [namespaces, secrets, ...(accounts ? [accounts] : [])];
  const running = informers.map((one) => one.run(signal));
  try {
    await Promise.all(informers.map((one) => one.waitForSync(signal)));
    const onAccount = ({ metadata: { namespace: of = "" } }: KubeObject) => {
      own.seen(`account ${of}`);
      queue.add(of);
    };
    namespaces.subscribe(both((object) => queue.add(object.metadata.name ?? "")));
    secrets.subscribe(both(onSecret));
    accounts?.subscribe(both(onAccount));
    queue.add(SOURCE);
    await Promise.all([queue.run(parts.workers, handle, signal), repeat(clock, TELL_MS, signal, tellAges)]);
  } finally {
    queue.shutDown();
    if (signal.aborted) await Promise.allSettled(running);
  }
}

function marks({ expires }: Content) {
  return { labels: { [LABEL_MANAGED]: MANAGED }, annotations: { [ANNOTATION_EXPIRES]: expires } };
}

function dataOf({ dockerConfig }: Content) {
  return { type: DOCKER_CONFIG_TYPE, data: { [DOCKER_CONFIG]: dockerConfig } };
}

/** What selects it, and no more. */
function slimNamespace({ metadata }: Namespace): Namespace {
  const { name = "", labels = {}, annotations = {}, resourceVersion = "", deletionTimestamp } = metadata;
  const said = annotations[ANNOTATION_PULL_SECRET];
  const kept = said === undefined ? {} : { annotations: { [ANNOTATION_PULL_SECRET]: said } };
  return { metadata: { name, resourceVersion, labels, ...kept, ...(deletionTimestamp ? { deletionTimestamp } : {}) } };
}

function slimAccount({ metadata, imagePullSecrets }: ServiceAccount): ServiceAccount {
  const { name = "", namespace = "", resourceVersion = "" } = metadata;
  return { metadata: { name, namespace, resourceVersion }, ...(imagePullSecrets ? { imagePullSecrets } : {}) };
}
