/** Who asks, as the API server knows users. */
export interface User {
  readonly username: string;
  readonly uid?: string;
  readonly groups?: readonly string[];
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

export const ANONYMOUS: User = { username: "system:anonymous", groups: ["system:unauthenticated"] };

/** Known to somebody, and so in the group that all such users are in. */
export function authenticated(user: User): User {
  const groups = user.groups ?? [];
  const all = "system:authenticated";
  return groups.includes(all) ? user : { ...user, groups: [...groups, all] };
}
