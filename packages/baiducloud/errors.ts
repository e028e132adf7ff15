import { BceError, type BceErrorKind } from "@ccm/bce";
import { CloudError, type CloudErrorCode } from "@ccm/cloud-provider";

const CODES: Readonly<Record<BceErrorKind, CloudErrorCode>> = {
  permanent: "permanent",
  auth: "permanent",
  quota: "permanent",
  throttled: "throttled",
  conflict: "conflict",
  absent: "absent",
  mismatch: "conflict",
  unavailable: "retryable",
  ambiguous: "ambiguous",
};

/** What the cloud said, in the framework's terms. The message keeps the cloud's words and request id. */
export function toCloudError(error: unknown): unknown {
  if (!(error instanceof BceError)) return error;
  const { retryAfterMs } = error;
  return new CloudError(CODES[error.kind], error.message, {
    cause: error,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/** Runs `fn`, and translates what it throws. */
export async function asCloudErrors<T>(fn: () => Promise<T>): Promise<T> {
  try {
    return await fn();
  } catch (error) {
    throw toCloudError(error);
  }
}
