import {
  type Clock,
  errorText,
  type HttpHandler,
  type HttpResponse,
  jsonResponse,
  type Metrics,
  textResponse,
} from "@ccm/base";

/** An admission webhook that a provider's program serves. */
export interface Webhook {
  readonly name: string;
  /** "/mutate-node" */
  readonly path: string;
  /** A throw is answered with status 500: the API server then does what the webhook's failurePolicy says. */
  review(request: AdmissionRequest, signal: AbortSignal): Promise<AdmissionResponse>;
}

export interface AdmissionRequest {
  readonly uid: string;
  readonly operation?: string;
  readonly namespace?: string;
  readonly name?: string;
  readonly object?: unknown;
  readonly oldObject?: unknown;
  readonly [field: string]: unknown;
}

export interface AdmissionResponse {
  readonly allowed: boolean;
  readonly [field: string]: unknown;
}

const BUCKETS = [0.25, 0.5, 0.7, 1, 1.5, 3, 5, 10];

/** Serves the webhooks, each at its path. Whoever reaches the port may ask: upstream, too, trusts TLS alone here. */
export function createWebhookHandler(options: {
  readonly webhooks: readonly Webhook[];
  readonly metrics: Metrics;
  readonly clock: Clock;
}): HttpHandler {
  const { webhooks, metrics, clock } = options;
  const labels = ["code", "webhook"];
  const requests = metrics.counter({
    name: "cloud_provider_webhook_request_total",
    help: "Requests to admission webhooks, by status code and webhook",
    labels,
  });
  const duration = metrics.histogram({
    name: "cloud_provider_webhook_request_duration_seconds",
    help: "How long requests to admission webhooks took, by status code and webhook",
    labels,
    buckets: BUCKETS,
  });
  return async (request) => {
    const path = request.target.split("?", 1)[0];
    const webhook = webhooks.find((one) => one.path === path);
    if (!webhook) return textResponse(404, "404 page not found\n");
    const start = clock.monotonic();
    const response = await answer(webhook, request);
    const values = { code: String(response.status), webhook: webhook.name };
    requests.inc(values);
    duration.observe((clock.monotonic() - start) / 1000, values);
    return response;
  };
}

async function answer(webhook: Webhook, { headers, body, signal }: Parameters<HttpHandler>[0]): Promise<HttpResponse> {
  const refuse = (code: number, text: string) => textResponse(code, `${text}\n`);
  if (headers["content-type"] !== "application/json") {
    return refuse(400, `content type "${headers["content-type"] ?? ""}": expected application/json`);
  }
  if (body.length === 0) return refuse(400, "empty body, expected an AdmissionReview");
  const request = requestIn(new TextDecoder().decode(body));
  if (!request) return refuse(400, "expected an AdmissionReview with a request");
  let response: AdmissionResponse | null | undefined;
  try {
    response = await webhook.review(request, signal);
  } catch (error) {
    return refuse(500, `error generating admission response: ${errorText(error)}`);
  }
  if (!response) return refuse(500, "admission response cannot be nil");
  return jsonResponse(200, {
    kind: "AdmissionReview",
    apiVersion: "admission.k8s.io/v1",
    response: { ...response, uid: request.uid },
  });
}

function requestIn(text: string): AdmissionRequest | undefined {
  try {
    const review = JSON.parse(text) as { kind?: unknown; request?: { uid?: unknown } } | null;
    const isReview = review?.kind === "AdmissionReview" && typeof review.request?.uid === "string";
    return isReview ? (review.request as AdmissionRequest) : undefined;
  } catch {
    return undefined;
  }
}
