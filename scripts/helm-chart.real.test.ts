/** The Helm chart, rendered by Helm itself, against the plain manifests beside it. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { parseAllDocuments, stringify } from "yaml";
import { findHelm } from "./helm.ts";

const DEPLOY = new URL("../deploy/", import.meta.url);
const CHART = fileURLToPath(new URL("helm/cloud-provider-baiducloud", DEPLOY));
const helm = findHelm(process.env);
const required = process.env.REQUIRE_CONTROL_PLANE === "1";

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

function parsed(text: string): readonly Manifest[] {
  return parseAllDocuments(text).flatMap((document) => {
    const value: unknown = document.toJS();
    return value === null ? [] : [value as Manifest];
  });
}

const plain = (...files: readonly string[]) =>
  files.flatMap((file) => parsed(readFileSync(new URL(file, DEPLOY), "utf8")));

/** Renders as `helm install` would, with values over the chart's own. Throws with what Helm says. */
function render(values: object = {}, namespace = "kube-system"): readonly Manifest[] {
  const args = ["template", "ccm", CHART, "--namespace", namespace, "--kube-version", "1.30.0", "--values", "-"];
  return parsed(execFileSync(helm ?? "helm", args, { input: stringify(values), encoding: "utf8", stdio: "pipe" }));
}

const nameOf = ({ kind, metadata }: Manifest) => `${kind} ${metadata.namespace ?? ""}/${metadata.name}`;

/** Object by object, whatever their order. */
function assertSame(rendered: readonly Manifest[], expected: readonly Manifest[]): void {
  assert.deepEqual(rendered.map(nameOf).sort(), expected.map(nameOf).sort());
  for (const one of expected) {
    const same = rendered.find((other) => nameOf(other) === nameOf(one));
    assert.deepEqual(same, one, nameOf(one));
  }
}

const RBAC = ["rbac.yaml", "rbac-baiducloud.yaml"];

describe("row 41: the Helm chart", {
  skip: helm || required ? false : "no Helm on PATH, and none was built with Go",
}, () => {
  it("row 41: gives the plain manifests as it stands", () => {
    assertSame(render(), plain(...RBAC, "deployment.yaml"));
  });

  it("row 41: gives the DaemonSet when asked for it", () => {
    assertSame(render({ kind: "DaemonSet" }), plain(...RBAC, "daemonset.yaml"));
  });

  it("row 41: adds the rights and the flag for service accounts of the controllers' own", () => {
    const rendered = render({ useServiceAccountCredentials: true });
    const workload = rendered.filter(({ kind }) => kind === "Deployment");
    assertSame(
      rendered.filter(({ kind }) => kind !== "Deployment"),
      plain(...RBAC, "rbac-service-account-credentials.yaml"),
    );
    assert.match(
      JSON.stringify(workload),
      /"--cluster-cidr=10\.244\.0\.0\/16","--use-service-account-credentials=true"/,
    );
  });

  it("row 41: adds the pull secret controller with its rights, under its own name or the manager's", () => {
    const others = (values: object) => render(values).filter(({ kind }) => kind !== "Deployment");
    const enabled = { pullSecretController: { enabled: true } };
    const [own, bound] = [{ ...enabled, useServiceAccountCredentials: true }, enabled];
    assertSame(others(own), plain(...RBAC, "rbac-service-account-credentials.yaml", "rbac-pull-secrets.yaml"));
    const rendered = others(bound);
    const bindings = rendered.filter(({ metadata }) => metadata.name === "pull-secrets-of-ccm");
    assert.deepEqual(bindings.map(nameOf).sort(), [
      "ClusterRoleBinding /pull-secrets-of-ccm",
      "RoleBinding kube-system/pull-secrets-of-ccm",
    ]);
    for (const binding of bindings) {
      assert.match(
        JSON.stringify(binding),
        /"name":"system:pull-secret-controller"\}.*"name":"cloud-controller-manager"/,
      );
    }
    const rest = rendered.filter((one) => !bindings.includes(one));
    assertSame(rest, plain(...RBAC, "rbac-pull-secrets.yaml"));
    const deployment = JSON.stringify(render(bound).filter(({ kind }) => kind === "Deployment"));
    assert.match(deployment, /"--controllers=\*,pull-secret-controller"/);
  });

  it("row 41: makes no rights, no flags for routes and no place to run when told so", () => {
    const rendered = render({
      rbac: { create: false },
      routes: { enabled: false },
      nodeSelector: { "node-role.kubernetes.io/control-plane": null },
      tolerations: [],
      resources: { requests: { cpu: "1" } },
    });
    assert.deepEqual(rendered.map(nameOf), ["Deployment kube-system/cloud-controller-manager"]);
    const text = JSON.stringify(rendered);
    assert.match(text, /"args":\["--cloud-config=\/etc\/cloud\/cloud\.yaml"\]/);
    assert.doesNotMatch(text, /nodeSelector|tolerations/);
  });

  it("row 41: puts what is added where it belongs", () => {
    const token = { name: "token", secret: { secretName: "cce-plugin-token" } };
    const mount = { name: "token", mountPath: "/var/run/secrets/cce/cce-plugin-token", readOnly: true };
    const [workload] = render({
      rbac: { create: false },
      image: { repository: "mirror.example/ccm", tag: "1.2.3", pullPolicy: "Always", pullSecrets: ["mirror"] },
      cloudConfig: { secretName: "other", key: "cloud.json" },
      extraArgs: ["--log-level=debug"],
      extraEnv: [{ name: "CCE_GATEWAY_HOST", value: "gateway.example" }],
      extraVolumes: [token],
      extraVolumeMounts: [mount],
    }) as readonly unknown[] as readonly { spec: { template: { spec: Record<string, unknown> } } }[];
    const { containers, volumes, imagePullSecrets } = workload?.spec.template.spec ?? {};
    assert.deepEqual(imagePullSecrets, [{ name: "mirror" }]);
    assert.deepEqual(volumes, [{ name: "cloud-config", secret: { secretName: "other" } }, token]);
    const [{ image, imagePullPolicy, args, env, volumeMounts }] = containers as [Record<string, unknown>];
    assert.deepEqual(
      { image, imagePullPolicy, env },
      {
        image: "mirror.example/ccm:1.2.3",
        imagePullPolicy: "Always",
        env: [{ name: "CCE_GATEWAY_HOST", value: "gateway.example" }],
      },
    );
    assert.deepEqual(args, [
      "--cloud-config=/etc/cloud/cloud.json",
      "--allocate-node-cidrs=true",
      "--cluster-cidr=10.244.0.0/16",
      "--log-level=debug",
    ]);
    assert.deepEqual(volumeMounts, [{ name: "cloud-config", mountPath: "/etc/cloud", readOnly: true }, mount]);
  });

  it("row 41: keeps what the API server asks for in kube-system, and the rest in the release's namespace", () => {
    const elsewhere = render({ useServiceAccountCredentials: true }, "cloud");
    const there = elsewhere.filter(({ metadata }) => metadata.namespace === "cloud").map(({ kind }) => kind);
    assert.deepEqual(there.sort(), ["Deployment", "ServiceAccount"]);
    for (const binding of elsewhere.filter(({ kind }) => kind.endsWith("Binding"))) {
      assert.match(JSON.stringify(binding), /"subjects":\[\{[^}]*"namespace":"cloud"\}\]/, nameOf(binding));
    }
  });

  const refused: readonly (readonly [what: string, values: object, words: RegExp])[] = [
    ["another kind", { kind: "StatefulSet" }, /'?\/?kind'?.*'Deployment', 'DaemonSet'/],
    ["no replica", { replicas: 0 }, /replicas/],
    ["a key that does not exist", { image: { name: "x" } }, /image.*'name' not allowed/],
    ["a CIDR that is none", { routes: { clusterCidr: "10.244.0.0" } }, /clusterCidr.*'10\.244\.0\.0' does not match/],
    ["an argument that is no flag", { extraArgs: ["debug"] }, /extraArgs.*'debug' does not match/],
    ["a name that no Secret can have", { cloudConfig: { secretName: "Cloud Config" } }, /secretName.*'Cloud Config'/],
  ];
  for (const [what, values, words] of refused) {
    it(`row 41: refuses ${what}, and says where it is`, () => assert.throws(() => render(values), words));
  }
});
