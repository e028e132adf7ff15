import type { Metrics } from "@ccm/base";
import type { ManagerConfig } from "./config.ts";
import type { BuildInfo } from "./environment.ts";
import { gatesInForce } from "./feature-gates.ts";

/** What is known from the start: which build this is, and which features are on. */
export function exposeBuild(metrics: Metrics, build: BuildInfo | undefined, config: ManagerConfig): void {
  const info = metrics.gauge({
    name: "kubernetes_build_info",
    help: "Always 1; the labels say which build this is",
    labels: [
      "major",
      "minor",
      "git_version",
      "git_commit",
      "git_tree_state",
      "build_date",
      "go_version",
      "compiler",
      "platform",
    ],
  });
  if (build) {
    info.set(1, {
      major: build.major,
      minor: build.minor,
      git_version: build.gitVersion,
      git_commit: build.gitCommit,
      git_tree_state: build.gitTreeState,
      build_date: build.buildDate,
      go_version: build.runtimeVersion,
      compiler: build.compiler,
      platform: build.platform,
    });
  }
  const enabled = metrics.gauge({
    name: "kubernetes_feature_enabled",
    help: "Whether a feature gate is on: 1 yes, 0 no",
    labels: ["name", "stage"],
  });
  for (const gate of gatesInForce(config.featureGates)) {
    enabled.set(gate.enabled ? 1 : 0, { name: gate.name, stage: gate.stage });
  }
}
