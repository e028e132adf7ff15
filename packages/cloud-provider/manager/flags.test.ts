import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { defaultConfig, type ManagerConfig } from "./config.ts";
import { parseFlags } from "./flags.ts";
import { UsageError } from "./usage-error.ts";

const INFO = { command: "ccm", description: "a CCM", version: "1.2.3", cloudProvider: "fake" };
const parse = (...argv: readonly string[]) => parseFlags(argv, INFO);
const config = (...argv: readonly string[]): ManagerConfig => {
  const parsed = parse(...argv);
  assert.equal(parsed.kind, "run");
  return parsed.kind === "run" ? parsed.config : assert.fail();
};

describe("the command line", () => {
  const DEFAULTS = { ...defaultConfig("fake"), concurrentNodeStatusUpdates: defaultConfig("fake").concurrentNodeSyncs };

  it("without flags gives the defaults", () => assert.deepEqual(config(), DEFAULTS));

  it("takes each flag with its value after a blank or an equals sign, with dashes or underscores", () => {
    const given = config(
      "--cloud-config",
      "/etc/cloud",
      "--cluster_name=k8s",
      "--configure-cloud-routes=false",
      "--allocate-node-cidrs",
      "--controllers=*",
      "--controllers=-route",
      "--node-monitor-period=1m30s",
      "--service-drift-period=0",
      "--service-ignored-annotations=argocd.example.com/,other",
      "--secure-port=0",
      "--node-deletion-stop-share=.25",
      "--kube-api-qps=50",
      "--authorization-always-allow-paths=",
      "--logging-format=json",
    );
    assert.deepEqual(given, {
      ...DEFAULTS,
      cloudConfig: "/etc/cloud",
      clusterName: "k8s",
      configureCloudRoutes: false,
      allocateNodeCidrs: true,
      controllers: ["*", "-node-route-controller"],
      nodeMonitorPeriod: 90_000,
      serviceDriftPeriod: 0,
      serviceIgnoredAnnotations: ["argocd.example.com/", "other"],
      securePort: 0,
      nodeDeletionStopShare: 0.25,
      kubeApiQps: 50,
      authorizationAlwaysAllowPaths: [],
      loggingFormat: "json",
    });
  });

  it("takes verbosity as other components do", () => {
    assert.equal(config("--v=2").logLevel, "info");
    assert.equal(config("-v=4").logLevel, "debug");
    assert.equal(config("-v", "5").logLevel, "debug");
    assert.equal(config("--v=5", "--log-level=error").logLevel, "error");
  });

  it("takes flags of other managers that have no effect, and shows them in /configz", () => {
    const given = config(
      "--node-sync-period=10s",
      "--cidr-allocator-type=X",
      "--log-text-split-stream",
      "--vmodule=a=1",
    );
    assert.deepEqual(given, {
      ...DEFAULTS,
      nodeSyncPeriod: 10_000,
      cidrAllocatorType: "X",
      logTextSplitStream: true,
      vmodule: "a=1",
    });
  });

  it("shows its help and its version", () => {
    const help = parse("--help");
    assert.ok(help.kind === "print" && help.text.includes("--leader-elect-lease-duration"));
    assert.deepEqual(parse("--version"), { kind: "print", text: "1.2.3\n" });
    assert.deepEqual(parse("--version=raw"), { kind: "print", text: "1.2.3\n" });
  });

  const wrong: readonly (readonly [argv: string, message: string])[] = [
    ["--clutser-name=x", "unknown flag --clutser-name; did you mean --cluster-name? (see --help)"],
    ["--frobnicate", "unknown flag --frobnicate (see --help)"],
    ["--cloud-config", "--cloud-config: value missing (see --help)"],
    ["--secure-port=x", '--secure-port "x": expected a whole number'],
    ["--node-monitor-period=5", '--node-monitor-period "5": expected a duration such as "30s" or "1m30s"'],
    ["--node-monitor-period=0", '--node-monitor-period "0": expected a duration above zero, such as "30s" or "1m30s"'],
    ["--leader-elect=maybe", '--leader-elect "maybe": expected true or false'],
    ["--log-level=loud", '--log-level "loud": expected one of debug, info, warn, error'],
    ["--node-deletion-stop-share=2", '--node-deletion-stop-share "2": expected a number from 0 to 1'],
    ["run me", '"ccm" does not take any arguments, got [run me]'],
    ["--cloud-provider=", "--cloud-provider cannot be empty"],
    ["--cloud-provider=aws", 'unknown cloud provider "aws": expected "fake"'],
    ["--controllers=-grey", '"-grey" is not in the list of known controllers'],
    [
      "--secure-port=70000",
      "--secure-port 70000 must be between 0 and 65535, inclusive. 0 for turning off secure port",
    ],
    ["--concurrent-node-syncs=-5", "concurrent-node-syncs must be a positive number"],
    ["--concurrent-node-syncs=0", "concurrent-node-syncs must be a positive number"],
    ["--concurrent-node-status-updates=-1", "concurrent-node-status-updates cannot be a negative number"],
    ["--tls-cert-file=x", "--tls-cert-file and --tls-private-key-file: expected both or none"],
    [
      "--leader-elect-lease-duration=10s",
      "--leader-elect-lease-duration must be greater than --leader-elect-renew-deadline",
    ],
    ["--logging-format=xml", '--logging-format "xml": expected text or json'],
  ];
  for (const [argv, message] of wrong) {
    it(`"${argv}" is refused in one line`, () => {
      assert.throws(
        () => parse(...(argv.startsWith("--") ? [argv] : argv.split(" "))),
        (error) => error instanceof UsageError && error.message === message && !message.includes("\n"),
      );
    });
  }

  it("with several faults names them all", () => {
    assert.throws(
      () => parse("--secure-port=-1", "--concurrent-node-syncs=0"),
      /concurrent-node-syncs .*; --secure-port -1 must/,
    );
  });
});
