import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { defaultConfig, type ManagerConfig } from "./config.ts";
import { configz } from "./configz.ts";
import {
  CONTROLLER_NAMES,
  type ControllerName,
  canonicalNames,
  isEnabled,
  NAME_PATTERN,
  unknownNames,
} from "./controller-names.ts";
import { applied, parseFlags } from "./flags.ts";
import { enabledWebhooks } from "./servers.ts";
import { UsageError } from "./usage-error.ts";
import type { Webhook } from "./webhooks.ts";

const CLOUD = "gce";
const parse = (
  argv: readonly string[],
  more: { controllers?: readonly ControllerName[]; webhooks?: readonly string[] } = {},
) => {
  const parsed = parseFlags(argv, { command: "ccm", description: "", version: "1", cloudProvider: CLOUD, ...more });
  return parsed.kind === "run" ? parsed.config : assert.fail();
};
/** What an error says, or "" when there is none. */
const complaint = (...argv: readonly string[]): string => {
  try {
    parse(argv);
    return "";
  } catch (error) {
    return error instanceof UsageError ? error.message : assert.fail(String(error));
  }
};

/** Upstream's defaults, in the order of its documentation. */
const UPSTREAM: Partial<ManagerConfig> = {
  securePort: 10258,
  webhookSecurePort: 10260,
  bindAddress: "0.0.0.0",
  leaderElect: true,
  leaderElectLeaseDuration: 15_000,
  leaderElectRenewDeadline: 10_000,
  leaderElectRetryPeriod: 2000,
  leaderElectResourceLock: "leases",
  leaderElectResourceName: "cloud-controller-manager",
  leaderElectResourceNamespace: "kube-system",
  minResyncPeriod: 12 * 3_600_000,
  nodeMonitorPeriod: 5000,
  routeReconciliationPeriod: 10_000,
  nodeStatusUpdateFrequency: 300_000,
  nodeSyncPeriod: 0,
  clusterName: "kubernetes",
  clusterCidr: "",
  configureCloudRoutes: true,
  allocateNodeCidrs: false,
  allowUntaggedCloud: false,
  useServiceAccountCredentials: false,
  controllerStartInterval: 0,
  controllers: ["*"],
  concurrentNodeStatusUpdates: 0,
  kubeApiContentType: "application/vnd.kubernetes.protobuf",
  cidrAllocatorType: "RangeAllocator",
  profiling: true,
  contentionProfiling: false,
  enableLeaderMigration: false,
  webhooks: [],
  authenticationTokenWebhookCacheTtl: 10_000,
  authorizationWebhookCacheAuthorizedTtl: 10_000,
  authorizationWebhookCacheUnauthorizedTtl: 10_000,
  authorizationAlwaysAllowPaths: ["/healthz", "/readyz", "/livez"],
  requestheaderUsernameHeaders: ["x-remote-user"],
  requestheaderGroupHeaders: ["x-remote-group"],
  requestheaderExtraHeadersPrefix: ["x-remote-extra-"],
  logFlushFrequency: 5000,
};

describe("options", () => {
  it("OP-347: have upstream's defaults; deviates: the cloud, concurrency and API limits have better ones, the allocator type is set from the start", () => {
    const { cloudProvider, concurrentNodeSyncs, concurrentServiceSyncs, kubeApiQps, kubeApiBurst, ...rest } =
      defaultConfig(CLOUD);
    for (const [name, value] of Object.entries(UPSTREAM)) assert.deepEqual(Reflect.get(rest, name), value, name);
    assert.equal(cloudProvider, CLOUD);
    assert.ok(concurrentNodeSyncs > 1 && concurrentServiceSyncs > 1 && kubeApiQps > 20 && kubeApiBurst > 30);
  });

  it("OP-348: take every flag's value", () => {
    const config = parse(
      [
        "--allocate-node-cidrs=true",
        "--authorization-always-allow-paths=",
        "--bind-address=192.168.4.21",
        "--cert-dir=/a/b/c",
        "--cloud-config=/cloud-config",
        "--cloud-provider=gce",
        "--cluster-cidr=1.2.3.4/24",
        "--cluster-name=k8s",
        "--configure-cloud-routes=false",
        "--contention-profiling=true",
        "--controller-start-interval=2m",
        "--controllers=foo,bar",
        "--http2-max-streams-per-connection=47",
        "--kube-api-burst=100",
        "--kube-api-content-type=application/vnd.kubernetes.protobuf",
        "--kube-api-qps=50.0",
        "--kubeconfig=/kubeconfig",
        "--leader-elect=false",
        "--leader-elect-lease-duration=30s",
        "--leader-elect-renew-deadline=15s",
        "--leader-elect-retry-period=5s",
        "--master=192.168.4.20",
        "--min-resync-period=100m",
        "--node-status-update-frequency=10m",
        "--profiling=false",
        "--route-reconciliation-period=30s",
        "--secure-port=10001",
        "--concurrent-node-syncs=5",
        "--webhooks=foo,bar,-baz",
        "--webhook-disable-http2-serving=true",
        "--webhook-tls-cipher-suites=TLS_AES_128_GCM_SHA256,TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
        "--webhook-tls-min-version=VersionTLS13",
        "--webhook-tls-sni-cert-key=/a.crt,/a.key:a.test,*.b.test",
      ],
      { controllers: [{ canonical: "foo" }, { canonical: "bar" }], webhooks: ["foo", "bar", "baz"] },
    );
    assert.deepEqual(config, {
      ...defaultConfig(CLOUD),
      allocateNodeCidrs: true,
      authorizationAlwaysAllowPaths: [],
      bindAddress: "192.168.4.21",
      certDir: "/a/b/c",
      cloudConfig: "/cloud-config",
      clusterCidr: "1.2.3.4/24",
      clusterName: "k8s",
      configureCloudRoutes: false,
      contentionProfiling: true,
      controllerStartInterval: 120_000,
      controllers: ["foo", "bar"],
      http2MaxStreamsPerConnection: 47,
      kubeApiBurst: 100,
      kubeApiQps: 50,
      kubeconfig: "/kubeconfig",
      leaderElect: false,
      leaderElectLeaseDuration: 30_000,
      leaderElectRenewDeadline: 15_000,
      leaderElectRetryPeriod: 5000,
      master: "192.168.4.20",
      minResyncPeriod: 6_000_000,
      nodeStatusUpdateFrequency: 600_000,
      profiling: false,
      routeReconciliationPeriod: 30_000,
      securePort: 10001,
      concurrentNodeSyncs: 5,
      concurrentNodeStatusUpdates: 5,
      webhooks: ["foo", "bar", "-baz"],
      webhookDisableHttp2Serving: true,
      webhookTlsCipherSuites: ["TLS_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"],
      webhookTlsMinVersion: "VersionTLS13",
      webhookTlsSniCertKey: ["/a.crt,/a.key:a.test,*.b.test"],
    });
  });

  const webhook = (name: string): Webhook => ({ name, path: `/${name}`, review: async () => ({ allowed: true }) });

  it("OP-349: with webhooks make a server for them; status updates are as many as node syncs", () => {
    const argv = [
      "--webhooks=foo,bar,-baz",
      "--concurrent-node-syncs=1",
      "--webhook-secure-port=10300",
      "--secure-port=10200",
    ];
    const config = parse(argv, { webhooks: ["foo", "bar", "baz"] });
    assert.equal(config.concurrentNodeStatusUpdates, 1);
    assert.deepEqual([config.securePort, config.webhookSecurePort], [10200, 10300]);
    const served = enabledWebhooks(config, ["foo", "bar", "baz"].map(webhook));
    assert.deepEqual(
      served.map(({ name }) => name),
      ["foo", "bar"],
    );
  });

  it("OP-350: without webhooks make no server for them; status updates are as the flag says", () => {
    const config = parse(["--concurrent-node-syncs=1", "--concurrent-node-status-updates=2"]);
    assert.equal(config.concurrentNodeStatusUpdates, 2);
    assert.deepEqual(enabledWebhooks(config, [webhook("foo")]), []);
  });

  it("OP-351: replace aliases in the list of controllers", () => {
    const controllers = ["cloud-node", "service", "route", "cloud-node-lifecycle"].map((alias) => ({
      canonical: `${alias}-controller`,
      aliases: [alias],
    }));
    const config = parse(["--controllers=service-controller,-service,route,-cloud-node-lifecycle-controller"], {
      controllers,
    });
    assert.deepEqual(config.controllers, [
      "service-controller",
      "-service-controller",
      "route-controller",
      "-cloud-node-lifecycle-controller",
    ]);
  });

  const syncs: readonly [id: string, argv: readonly string[], says: string][] = [
    ["OP-352", [], ""],
    ["OP-353", ["--concurrent-node-syncs=-5"], "concurrent-node-syncs must be a positive number"],
    ["OP-354", ["--concurrent-node-syncs=0"], "concurrent-node-syncs must be a positive number"],
    ["OP-355", ["--concurrent-node-syncs=5", "--concurrent-node-status-updates=0"], ""],
    ["OP-356", ["--concurrent-node-syncs=5", "--concurrent-node-status-updates=5"], ""],
    [
      "OP-357",
      ["--concurrent-node-syncs=5", "--concurrent-node-status-updates=-1"],
      "concurrent-node-status-updates cannot be a negative number",
    ],
    [
      "OP-366",
      ["--leader-elect", "--leader-elect-resource-lock=configmapsleases"],
      'resourceLock value must be "leases"',
    ],
    ["DX-531", ["--webhook-secure-port=10258"], "--webhook-secure-port cannot be the same value as --secure-port"],
  ];
  for (const [id, argv, says] of syncs) {
    it(`${id}: ${argv.join(" ") || "no flags"} ${says === "" ? "is valid" : "is refused"}`, () => {
      assert.equal(complaint(...argv), says);
    });
  }

  it("OP-380: of the defaults survive their way through JSON", () => {
    const config = defaultConfig(CLOUD);
    assert.deepEqual(JSON.parse(JSON.stringify(config)), config);
    assert.deepEqual(JSON.parse(JSON.stringify(configz(config))), configz(config));
  });
});

const COLOURS: readonly ControllerName[] = [
  { canonical: "red-controller" },
  { canonical: "green-controller" },
  { canonical: "blue-controller" },
];
const ALIASED: readonly ControllerName[] = [
  { canonical: "red-controller", aliases: ["crimson-controller", "pink-controller"] },
  { canonical: "green-controller" },
  { canonical: "blue-controller", aliases: ["ultramarine-controller"] },
];

describe("the list of controllers", () => {
  const lists: readonly [
    id: string,
    known: readonly ControllerName[],
    list: readonly string[],
    unknown: readonly string[],
  ][] = [
    ["OP-358", [], ["*"], []],
    ["OP-359", ALIASED, [], []],
    ["OP-360", COLOURS, ["blue-controller"], []],
    ["OP-361", COLOURS, ["*", "-red-controller", "blue-controller"], []],
    ["OP-362", COLOURS, ["green-controller"], []],
    ["OP-363", ALIASED, ["ultramarine-controller", "-pink-controller"], []],
    ["OP-364", [], ["red-controller"], ["red-controller"]],
    ["OP-365", ALIASED, ["crimson-controller", "grey-controller"], ["grey-controller"]],
  ];
  for (const [id, known, list, unknown] of lists) {
    it(`${id}: [${list}] ${unknown.length === 0 ? "is valid" : "names an unknown one"}`, () => {
      assert.deepEqual(unknownNames(list, known), unknown);
      if (unknown.length === 0 || known.length > 0) return;
      assert.throws(
        () => parse([`--controllers=${list}`], { controllers: known }),
        /^UsageError: "red-controller" is not in the list of known controllers$/,
      );
    });
  }

  const names: readonly [
    id: string,
    known: readonly ControllerName[],
    list: readonly string[],
    expected?: readonly string[],
  ][] = [
    ["OP-367", [], ["*"]],
    ["OP-368", COLOURS, ["-blue-controller"]],
    ["OP-369", COLOURS, ["*", "green-controller", "-red-controller", "blue-controller"]],
    [
      "OP-370",
      ALIASED,
      ["green-controller", "-crimson-controller", "ultramarine-controller", "-pink-controller"],
      ["green-controller", "-red-controller", "blue-controller", "-red-controller"],
    ],
  ];
  for (const [id, known, list, expected = list] of names) {
    it(`${id}: [${list}] is applied as [${expected}]`, () => {
      assert.deepEqual(canonicalNames(list, known), expected);
      assert.deepEqual(
        applied({ ...defaultConfig(CLOUD), controllers: list }, { controllers: known }).controllers,
        expected,
      );
    });
  }

  const offByDefault = ["delta", "echo"];
  const questions: readonly [id: string, name: string, list: readonly string[], answer: boolean][] = [
    ["OP-371", "bravo", ["alpha", "bravo", "-charlie"], true],
    ["OP-372", "charlie", ["alpha", "bravo", "-charlie"], false],
    ["OP-373", "alpha", ["*"], true],
    ["OP-374", "delta", ["*"], false],
    ["OP-375", "alpha", ["*", "-charlie"], true],
    ["OP-376", "charlie", ["*", "-charlie"], false],
    ["OP-377", "foxtrot", ["alpha", "bravo", "-charlie"], false],
  ];
  for (const [id, name, list, answer] of questions) {
    it(`${id}: [${list}] ${answer ? "enables" : "does not enable"} ${name}`, () => {
      assert.equal(isEnabled(name, list, offByDefault.includes(name)), answer);
    });
  }

  it("OP-378: has names in one form", () => {
    for (const { canonical } of CONTROLLER_NAMES) {
      assert.match(canonical, NAME_PATTERN);
      assert.match(canonical, /-controller$/);
    }
  });

  it("OP-379: is upstream's four", () => {
    assert.deepEqual(CONTROLLER_NAMES.map(({ canonical }) => canonical).sort(), [
      "cloud-node-controller",
      "cloud-node-lifecycle-controller",
      "node-route-controller",
      "service-lb-controller",
    ]);
  });
});

describe("the list of webhooks", () => {
  const lists: readonly [id: string, list: readonly string[], active: readonly string[]][] = [
    ["OP-381", ["a", "b"], ["a", "b"]],
    ["OP-382", ["a"], ["a"]],
    ["OP-383", ["a", "-b"], ["a"]],
    ["OP-384", ["-b"], []],
    ["OP-385", ["*"], ["a", "b"]],
  ];
  for (const [id, list, active] of lists) {
    it(`${id}: [${list}] serves [${active}]`, () => {
      const webhooks = ["a", "b"].map((name) => ({ name, path: `/${name}`, review: async () => ({ allowed: true }) }));
      assert.deepEqual(
        enabledWebhooks({ webhooks: list }, webhooks).map(({ name }) => name),
        active,
      );
    });
  }

  it("names an unknown one", () => {
    assert.throws(() => parse(["--webhooks=x"], { webhooks: ["a"] }), /"x" is not in the list of known webhooks/);
  });
});
