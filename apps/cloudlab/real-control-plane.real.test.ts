import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { it, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { canHaveControlPlane } from "@ccm/control-plane/node";

const MAIN = fileURLToPath(new URL("./main.ts", import.meta.url));
const run = promisify(execFile);

/** Runs `cloudlab control-plane …` to its end. */
const cloudlab = (...args: readonly string[]) => run(process.execPath, [MAIN, "control-plane", ...args]);

/** A name of its own, so that it meets no control plane that somebody plays with. */
function uniqueName(t: TestContext): string {
  const name = `test-${process.pid}`;
  t.after(() => cloudlab("down", "--name", name).catch(() => {}));
  return name;
}

it("brings a control plane up in the background, once, and down again", async (t) => {
  if (!canHaveControlPlane(t, "kubectl", "kube-controller-manager")) return;
  const name = uniqueName(t);
  const up = await cloudlab("up", "--background", "--name", name, "--controllers", "namespace-controller");
  const { server, kubeconfig } = JSON.parse(up.stdout) as { server: string; kubeconfig: string };

  const { kubectl = "" } = JSON.parse((await cloudlab("assets")).stdout) as { kubectl?: string };
  const pods = await run(kubectl, ["--kubeconfig", kubeconfig, "create", "namespace", "a"]);
  assert.match(pods.stdout, /namespace\/a created/);
  // Nobody but the namespace controller lets it go.
  await run(kubectl, ["--kubeconfig", kubeconfig, "delete", "namespace", "a", "--timeout=30s"]);

  await assert.rejects(cloudlab("up", "--name", name), /runs already: stop it with/);
  await cloudlab("down", "--name", name);
  assert.equal(existsSync(kubeconfig), false);
  await assert.rejects(fetch(server), /fetch failed/);
  await assert.rejects(cloudlab("down", "--name", name), /no control plane "test-\d+" runs/);
});

it("says why it cannot come up", async (t) => {
  if (!canHaveControlPlane(t, "kube-controller-manager")) return;
  const name = uniqueName(t);
  await assert.rejects(
    cloudlab("up", "--name", name, "--controllers", "no-such-controller"),
    /kube-controller-manager ended with exit code 1.*\n.*"no-such-controller\W+ is not in the list of known controllers/,
  );
});
