/** For tests of the command: the registry, the cluster and the cloud of the rotations' tests, with a person at a terminal. */
import { seededRandom } from "@ccm/base";
import { inRotationScene, KUBE, type RotationScene } from "@ccm/image-registry/testing";
import type { Io } from "../../io.ts";
import { run } from "../../program.ts";
import { memoryFiles } from "../../testing/memory-files.ts";

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface CommandScene extends RotationScene {
  /** Files that only their user may read, by path. */
  readonly files: Map<string, string>;
  /** `kubectl baiducloud registry …`, as words. */
  registry(
    words: readonly string[],
    options?: { readonly answer?: string; readonly input?: string; readonly env?: Io["env"] },
  ): Promise<Ran>;
}

export function inCommandScene(test: (scene: CommandScene) => Promise<void>): Promise<void> {
  return inRotationScene(async (scene) => {
    const { accessKeyId, secretAccessKey } = scene.simulator.credentials;
    const files = new Map<string, string>();
    let count = 0;
    const registry: CommandScene["registry"] = async (words, { answer, input = "", env = {} } = {}) => {
      const ran = { out: "", err: "" };
      const io: Io = {
        clock: scene.clock,
        random: seededRandom(`command ${++count}`),
        env: {
          KUBECONFIG: "/kubeconfig",
          HOME: "/home/me",
          BCE_ACCESS_KEY_ID: accessKeyId,
          BCE_SECRET_ACCESS_KEY: secretAccessKey,
          ...env,
        },
        platform: "linux",
        colors: false,
        signal: new AbortController().signal,
        openTransport: () => ({
          send: (request, options) =>
            (request.url.startsWith(KUBE) ? scene.kubeSend : scene.cloudSend)(request, options),
          close: async () => {},
        }),
        connectKube: async () => ({ server: KUBE, tls: {}, authorize: async () => ({}) }),
        readFile: async () => {
          throw Object.assign(new Error("no such file"), { code: "ENOENT" });
        },
        files: memoryFiles(files),
        out: (text) => {
          ran.out += text;
        },
        err: (text) => {
          ran.err += text;
        },
        ask: async () => answer,
        input: async () => input,
      };
      const code = await scene.during(run(["registry", ...words], io));
      return { code, ...ran };
    };
    await test({ ...scene, files, registry });
  });
}
