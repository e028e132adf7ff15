/** Files that only their owner may read: kubeconfigs, cached credentials. `@ccm/cluster-access/node` has the real ones. */
export interface PrivateFiles {
  /** Undefined when there is no such file. */
  read(path: string): Promise<string | undefined>;
  /** All or nothing, with mode 0600; folders that are missing are made with 0700. Follows a symbolic link. */
  replace(path: string, text: string): Promise<void>;
  /** Copies with mode 0600 unless `to` is there. Resolves to whether it did. */
  copyOnce(path: string, to: string): Promise<boolean>;
  /** Names in a folder; none when there is no such folder. */
  list(folder: string): Promise<readonly string[]>;
  /** It need not be there. */
  remove(path: string): Promise<void>;
  /**
   * Runs `run` while no other process does so for the same path. The lock is the file `<path>.lock`, as kubectl makes it
   * around its changes of a kubeconfig, so that both wait for each other. That of a process that has died is taken over.
   */
  withLock<T>(path: string, run: () => Promise<T>, signal?: AbortSignal): Promise<T>;
}
