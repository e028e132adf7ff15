import { type Clock, errorText, type Logger, type Metrics, type Random } from "@ccm/base";
import {
  CONFIG_MAPS,
  type ConfigMap,
  createInformer,
  type EventRecorder,
  type KubeClient,
  type KubeObject,
  type ResourceType,
} from "@ccm/kube";
import type { LoginApiOf } from "../registries/login.ts";
import { type PullSecretsConfig, parsePullSecretsConfig } from "./config.ts";
import { pullSecretMetrics } from "./metrics.ts";
import { runSession } from "./session.ts";

export interface PullSecretControllerOptions {
  readonly api: LoginApiOf;
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly events: EventRecorder;
  /** Of the ConfigMap, and of the Secret that all others are copies of. Default "kube-system". */
  readonly namespace?: string;
  /** Of the ConfigMap whose `config.yaml` says what is wanted; it is followed. Default "pull-secrets". */
  readonly configMap?: string;
  readonly workers?: number;
}

export const CONFIG_KEY = "config.yaml";

/**
 * Keeps a Secret of kubernetes.io/dockerconfigjson in chosen namespaces fresh, by temporary passwords of the caller's own.
 * The cloud is asked once for each registry and period, however many namespaces there are, and by nobody when nothing
 * changes. To be run by one process at a time.
 */
export function createPullSecretController(options: PullSecretControllerOptions): {
  run(signal: AbortSignal): Promise<void>;
} {
  const {
    client,
    clock,
    random,
    logger,
    events,
    namespace = "kube-system",
    configMap = "pull-secrets",
    workers = 4,
  } = options;
  const measure = pullSecretMetrics(options.metrics);
  const name = `${namespace}/${configMap}`;
  const type: ResourceType<KubeObject> = CONFIG_MAPS;

  /** Undefined: nothing is wanted. One that cannot be used leaves what was wanted before. */
  const read = (
    object: ConfigMap | undefined,
    before: PullSecretsConfig | undefined,
  ): PullSecretsConfig | undefined => {
    if (!object) return undefined;
    try {
      return parsePullSecretsConfig(object.data?.[CONFIG_KEY] ?? "");
    } catch (error) {
      const text = `${CONFIG_KEY}: ${errorText(error)}`;
      logger.warn("the config of pull secrets cannot be used", { configMap: name, error: text });
      events.event(type, object, "Warning", "PullSecretsConfigRefused", text);
      return before;
    }
  };

  return {
    async run(signal) {
      const informer = createInformer<ConfigMap>({
        client,
        clock,
        random,
        logger,
        type: CONFIG_MAPS,
        namespace,
        fieldSelector: `metadata.name=${configMap}`,
      });
      const scope = new AbortController();
      const leave = () => scope.abort(signal.reason);
      signal.addEventListener("abort", leave, { once: true });
      if (signal.aborted) leave();
      const following = informer.run(scope.signal);
      let config: PullSecretsConfig | undefined;
      let session: { end(): Promise<void> } | undefined;
      /** One change after the other: a session has ended before the next begins. */
      let turn: Promise<void> = Promise.resolve();
      let failed: (error: unknown) => void = () => {};
      const failure = new Promise<never>((_, reject) => {
        failed = reject;
      });
      failure.catch(() => {});

      const follow = async (object: ConfigMap | undefined): Promise<void> => {
        const next = read(object, config);
        if (JSON.stringify(next) === JSON.stringify(config)) return;
        config = next;
        await session?.end();
        session = undefined;
        if (signal.aborted || !next) {
          logger.info("no pull secrets are wanted", { configMap: name });
          return;
        }
        const about = [type, object ?? { metadata: { namespace, name: configMap } }] as const;
        const stop = new AbortController();
        const parts = { ...options, measure, config: next, namespace, workers, about };
        const running = runSession(parts, stop.signal).catch((error: unknown) => {
          if (!stop.signal.aborted) failed(error);
        });
        logger.info("pull secrets are kept fresh", { secret: next.secretName, registries: next.registries.length });
        session = {
          end() {
            stop.abort(new Error("the config has changed"));
            return running;
          },
        };
      };
      const changed = (object?: ConfigMap) => {
        turn = turn.then(() => follow(object)).catch(failed);
      };
      try {
        await informer.waitForSync(signal);
        informer.subscribe({ add: changed, update: (_, after) => changed(after), delete: () => changed() });
        if (informer.list().length === 0)
          logger.info("no pull secrets are wanted: there is no config", { configMap: name });
        await Promise.race([failure, aborted(signal)]);
      } catch (error) {
        if (!signal.aborted) throw error;
      } finally {
        await turn;
        await session?.end();
        signal.removeEventListener("abort", leave);
        scope.abort();
        await following;
      }
    },
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
