/**
 * Before the tests: gets a real control plane's programs, and Helm, from wherever they can be had, which may mean ten
 * minutes of building, once. Where they cannot, one line says so and the tests that need them are skipped; with
 * REQUIRE_CONTROL_PLANE=1 all that was tried is said and the exit code is 1.
 */
import { errorText } from "@ccm/base";
import { AssetsError, createProgress, provideAssets } from "@ccm/control-plane/node";
import { provideKubelet } from "../apps/credential-provider/testing/kubelet.ts";
import { provideHelm } from "./helm.ts";

const required = process.env.REQUIRE_CONTROL_PLANE === "1";
const progress = createProgress(process.stderr);

try {
  await provideAssets(["kubectl", "kube-controller-manager"], { progress }).catch((error: unknown) => {
    if (required) throw error;
    // Most suites do without a controller manager.
    return provideAssets([], { progress });
  });
} catch (error) {
  if (required || !(error instanceof AssetsError)) {
    process.stderr.write(`${errorText(error)}\n`);
    process.exitCode = 1;
  } else {
    const hint = 'tests on one are skipped; "npx cloudlab control-plane assets" says why';
    process.stderr.write(`no real control plane can be had: ${hint}\n`);
  }
}

try {
  await provideHelm(process.env, progress);
} catch (error) {
  if (required) process.exitCode = 1;
  const text = errorText(error);
  process.stderr.write(
    `no Helm can be had; tests of the chart are skipped: ${required ? text : text.split("\n")[0]}\n`,
  );
}

try {
  await provideKubelet(process.env, progress);
} catch (error) {
  if (required) process.exitCode = 1;
  const text = errorText(error);
  process.stderr.write(
    `no client of the kubelet can be had; its tests are skipped: ${required ? text : text.split("\n")[0]}\n`,
  );
}
