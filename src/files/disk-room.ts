// PORT. Room to say so: a full disk stops the job store too, so some room is kept back that can be freed to write down what is
// wrong. While it is spent nothing may begin that needs room, or the last of it would go for half a file.

export interface DiskRoom {
  /** The disk is full and what was kept back is spent. */
  readonly full: boolean;
  /** Frees what was kept back. Whether there was something to free: then what has failed may be tried once more. */
  spend(): Promise<boolean>;
  /** Keeps room back again, if there is enough. Whether the disk is no longer full. */
  restore(): Promise<boolean>;
}

/** Keeps nothing back, and never says that a disk is full. */
export const noRoomKept: DiskRoom = {
  full: false,
  spend: async () => false,
  restore: async () => true,
};
