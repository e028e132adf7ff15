import type { TestContext } from "node:test";
import { type AssetName, AssetsError, findAssets } from "./assets.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { emptyCluster } from "./empty-cluster.ts";

/** Set to 1 where tests on a real control plane must not be skipped, such as in CI. */
const REQUIRED = "REQUIRE_CONTROL_PLANE";

let shared: Promise<ControlPlane> | undefined;

/**
 * The one control plane that all suites of this process share: started at the first call, dual stack, with an audit log
 * and without a controller manager, and gone with the process. After the test, what it left behind is deleted (nodes,
 * Services, leases, events, namespaces of its own). Undefined, and the test skipped, when none can be had; a throw when
 * REQUIRE_CONTROL_PLANE is set.
 */
export async function realControlPlane(t: TestContext): Promise<ControlPlane | undefined> {
  if (!canHaveControlPlane(t)) return undefined;
  shared ??= startControlPlane({ audit: true });
  const plane = await shared;
  t.after(() => emptyCluster(plane));
  return plane;
}

/** For suites that start one of their own: says no and skips, or throws, as `realControlPlane` does. */
export function canHaveControlPlane(t: TestContext, ...needs: readonly AssetName[]): boolean {
  try {
    findAssets(needs);
    return true;
  } catch (error) {
    if (!(error instanceof AssetsError) || process.env[REQUIRED]) throw error;
    t.skip('no control plane: "npx cloudlab control-plane assets" says why');
    return false;
  }
}
