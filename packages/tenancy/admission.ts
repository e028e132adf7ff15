import { type Clock, errorText, type HttpHandler, type Logger, textResponse } from "@ccm/base";
import { type Informer, type KubeClient, type KubeObject, NAMESPACES, type Namespace } from "@ccm/kube";
import { tolerationOf } from "./desired/namespace.ts";
import { GROUP, MANAGED_LABEL, MANAGER, PINNED_LABEL, STRICT_LABEL, TENANT_LABEL } from "./names.ts";
import { type Amounts, parseAmounts } from "./quantity.ts";
import { amountsOf, COUNTED_ITEMS, type CountedKind } from "./strict/amounts.ts";
import type { QuotaBook } from "./strict/book.ts";
import { TENANTS, type Tenant } from "./tenant.ts";

interface AdmissionRequest {
  readonly uid: string;
  readonly kind: { readonly kind: string };
  readonly namespace?: string;
  readonly operation: string;
  readonly object?: KubeObject;
  readonly oldObject?: KubeObject | null;
  readonly dryRun?: boolean;
}

interface Answer {
  readonly allowed: boolean;
  readonly message?: string;
  readonly code?: number;
  readonly patch?: readonly unknown[];
}

export interface AdmissionParts {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly tenants: Informer<Tenant>;
  readonly namespaces: Informer<Namespace>;
  readonly book: QuotaBook;
}

export const QUOTA_PATH = "/admit/quota";
export const PODS_PATH = "/admit/pods";

/** Answers AdmissionReviews (admission.k8s.io/v1). */
export function createAdmission(parts: AdmissionParts): HttpHandler {
  const routes: Readonly<Record<string, (request: AdmissionRequest, signal: AbortSignal) => Promise<Answer>>> = {
    [QUOTA_PATH]: (request, signal) => admitQuota(parts, request, signal),
    [PODS_PATH]: (request, signal) => placePod(parts, request, signal),
  };
  return async ({ method, target, body, signal }) => {
    if (target === "/healthz") return textResponse(200, "ok\n");
    const route = routes[target.split("?")[0] ?? ""];
    if (method !== "POST" || !route) return textResponse(404, "expected POST of an AdmissionReview\n");
    let request: AdmissionRequest;
    try {
      request = (JSON.parse(Buffer.from(body).toString("utf8")) as { request: AdmissionRequest }).request;
      if (typeof request.uid !== "string") throw new Error("no uid");
    } catch {
      return textResponse(400, "the body is no AdmissionReview\n");
    }
    try {
      return reviewResponse(request.uid, await route(request, signal));
    } catch (error) {
      parts.logger.warn("an admission could not be decided", { path: target, error: errorText(error) });
      return reviewResponse(request.uid, {
        allowed: false,
        code: 503,
        message: "the tenant operator cannot decide: try again",
      });
    }
  };
}

async function admitQuota(parts: AdmissionParts, request: AdmissionRequest, signal: AbortSignal): Promise<Answer> {
  const tenant = await tenantFor(parts, request.namespace ?? "", signal);
  const { quota } = tenant?.spec ?? {};
  if (!tenant || quota?.mode !== "Strict" || !request.object) return { allowed: true };
  const kind = request.kind.kind as CountedKind;
  const total = amountsOf(kind, request.object);
  const before = request.oldObject ? amountsOf(kind, request.oldObject) : {};
  const hard = only(parseAmounts(quota.hard), COUNTED_ITEMS);
  const more = growth(before, only(total, Object.keys(hard)));
  if (Object.keys(more).length === 0) return { allowed: true };
  const { uid = "", name = "" } = request.object.metadata;
  const wanted = { uid, kind, namespace: request.namespace ?? "", name, at: parts.clock.now(), more, total };
  const verdict = await parts.book.reserve(tenant.metadata.name ?? "", hard, wanted, request.dryRun === true, signal);
  return verdict.allowed ? verdict : { allowed: false, message: verdict.message, code: verdict.retry ? 429 : 403 };
}

/** Puts the Pods of a tenant with nodes of its own there. */
async function placePod(parts: AdmissionParts, request: AdmissionRequest, signal: AbortSignal): Promise<Answer> {
  const tenant = await tenantFor(parts, request.namespace ?? "", signal);
  const pools = tenant?.spec.nodePools;
  if (!tenant || !pools || !request.object) return { allowed: true };
  const name = tenant.metadata.name ?? "";
  const { spec } = request.object as {
    readonly spec?: {
      readonly nodeSelector?: Readonly<Record<string, string>>;
      readonly tolerations?: readonly unknown[];
    };
  };
  const key = TENANT_LABEL.replaceAll("/", "~1");
  const selector = spec?.nodeSelector
    ? { op: "add", path: `/spec/nodeSelector/${key}`, value: name }
    : { op: "add", path: "/spec/nodeSelector", value: { [TENANT_LABEL]: name } };
  // Another tenant's name is left to the policy, which says what is wrong.
  const chosen = spec?.nodeSelector?.[TENANT_LABEL] !== undefined;
  const tolerations = {
    op: "add",
    path: "/spec/tolerations",
    value: [...(spec?.tolerations ?? []), tolerationOf(name)],
  };
  return { allowed: true, patch: [...(chosen ? [] : [selector]), ...(pools.dedicated ? [tolerations] : [])] };
}

/** A namespace or a tenant that is newer than the copy is asked for. */
async function tenantFor(parts: AdmissionParts, namespace: string, signal: AbortSignal): Promise<Tenant | undefined> {
  const { client } = parts;
  const there = parts.namespaces.get(namespace) ?? (await client.get(NAMESPACES, { name: namespace }, { signal }));
  const name = there.metadata.labels?.[TENANT_LABEL];
  return name ? (parts.tenants.get(name) ?? (await client.get(TENANTS, { name }, { signal }))) : undefined;
}

function only(amounts: Amounts, items: readonly string[]): Amounts {
  return Object.fromEntries(Object.entries(amounts).filter(([item]) => items.includes(item)));
}

function growth(before: Amounts, after: Amounts): Amounts {
  const more = Object.entries(after).map(([item, value]) => [item, value - (before[item] ?? 0n)] as const);
  return Object.fromEntries(more.filter(([, value]) => value > 0n));
}

function reviewResponse(uid: string, { allowed, message, code, patch }: Answer) {
  const response = {
    uid,
    allowed,
    ...(message ? { status: { message, code: code ?? 403 } } : {}),
    ...(patch && patch.length > 0
      ? { patchType: "JSONPatch", patch: Buffer.from(JSON.stringify(patch)).toString("base64") }
      : {}),
  };
  const review = { apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", response };
  return textResponse(200, JSON.stringify(review), { "content-type": "application/json" });
}

/** How the API server reaches the webhooks. */
export type WebhookAddress =
  | { readonly url: string }
  | { readonly service: { readonly namespace: string; readonly name: string; readonly port?: number } };

/** Called only for namespaces that have the label: never for kube-system, nor for tenants that do without. */
export function webhookConfigurations(
  address: WebhookAddress,
  caPem: string,
): readonly (KubeObject & Readonly<Record<string, unknown>>)[] {
  const clientConfig = (path: string) => ({
    ...("url" in address ? { url: address.url + path } : { service: { ...address.service, path } }),
    caBundle: Buffer.from(caPem).toString("base64"),
  });
  const rule = (operations: readonly string[], resources: readonly string[]) => ({
    apiGroups: [""],
    apiVersions: ["v1"],
    operations,
    resources,
    scope: "Namespaced",
  });
  const common = (name: string, label: string) => ({
    name: `${name}.${GROUP}`,
    namespaceSelector: { matchExpressions: [{ key: label, operator: "Exists" }] },
    admissionReviewVersions: ["v1"],
    timeoutSeconds: 10,
  });
  const api = { apiVersion: "admissionregistration.k8s.io/v1" };
  const metadata = { name: `tenants.${GROUP}`, labels: { [MANAGED_LABEL]: MANAGER } };
  return [
    {
      ...api,
      kind: "ValidatingWebhookConfiguration",
      metadata,
      webhooks: [
        {
          ...common("quota", STRICT_LABEL),
          clientConfig: clientConfig(QUOTA_PATH),
          rules: [
            rule(["CREATE"], ["pods"]),
            rule(["UPDATE"], ["pods/resize"]),
            rule(["CREATE", "UPDATE"], ["services", "persistentvolumeclaims"]),
          ],
          failurePolicy: "Fail",
          sideEffects: "NoneOnDryRun",
        },
      ],
    },
    {
      ...api,
      kind: "MutatingWebhookConfiguration",
      metadata,
      webhooks: [
        {
          ...common("pods", PINNED_LABEL),
          clientConfig: clientConfig(PODS_PATH),
          rules: [rule(["CREATE"], ["pods"])],
          // Where the API server itself places Pods by the namespace's annotations, it need not be there; else the policy refuses.
          failurePolicy: "Ignore",
          sideEffects: "None",
        },
      ],
    },
  ];
}
