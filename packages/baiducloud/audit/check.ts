/** What a look at one thing that has to be right came to. */
export interface Check {
  readonly area: "configuration" | "credentials" | "clock" | "endpoint" | "quota" | "cluster" | "access" | "nodes";
  readonly name: string;
  readonly result: "ok" | "warning" | "failed" | "skipped";
  readonly detail: string;
  /** What to do; "" for nothing. */
  readonly todo: string;
}

export function ok(area: Check["area"], name: string, detail: string): Check {
  return { area, name, result: "ok", detail, todo: "" };
}

export function trouble(
  area: Check["area"],
  name: string,
  result: "warning" | "failed" | "skipped",
  detail: string,
  todo = "",
): Check {
  return { area, name, result, detail, todo };
}
