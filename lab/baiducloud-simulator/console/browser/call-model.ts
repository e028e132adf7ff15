import { signal } from "@preact/signals";
import { listOf, NO_CALLS, withNewer, withOlder } from "../call-list.ts";
import type { Api, CallFilter } from "./api.ts";

/** Runs what may fail, and says so. */
export type Attempt = (what: string, action: () => Promise<void>) => Promise<boolean>;

/** The calls that fit the filter, as far as they have been asked for. */
export function createCallModel(api: Api, attempt: Attempt) {
  const filter = signal<CallFilter>({ product: "", operation: "", status: "", text: "" });
  const list = signal(NO_CALLS);
  const isFollowing = signal(true);
  let newest = 0;
  // Only the answer to the newest question counts.
  let question = 0;
  const ask = (action: () => Promise<() => void>): Promise<boolean> =>
    attempt("The calls cannot be listed", async () => {
      const mine = question;
      const take = await action();
      if (mine === question) take();
    });
  const load = (): Promise<boolean> => {
    question++;
    return ask(async () => {
      const page = await api.calls(filter.value, {});
      return () => {
        list.value = listOf(page);
      };
    });
  };
  let isAsking = false;
  const follow = async (): Promise<void> => {
    if (isAsking) return;
    isAsking = true;
    for (let asked = -1; asked !== newest; ) {
      asked = newest;
      const known = list.value.calls[0]?.id;
      const went = await ask(async () => {
        const page = await api.calls(filter.value, known === undefined ? {} : { after: known });
        return () => {
          list.value = withNewer(list.value, page);
        };
      });
      if (!went) break;
    }
    isAsking = false;
  };
  return {
    filter,
    list,
    isFollowing,
    load,
    /** There are calls up to this id; `isSeen` says whether the list is shown. */
    hear(id: number, isSeen: boolean): void {
      newest = id;
      if (isFollowing.value && isSeen) void follow();
    },
    choose(change: Partial<CallFilter>): void {
      filter.value = { ...filter.value, ...change };
      void load();
    },
    setFollowing(isWanted: boolean): void {
      isFollowing.value = isWanted;
      if (isWanted) void load();
    },
    loadOlder(): void {
      const before = list.value.older;
      if (before === undefined) return;
      void ask(async () => {
        const page = await api.calls(filter.value, { before });
        return () => {
          list.value = withOlder(list.value, page);
        };
      });
    },
  };
}
