/*
 * shm.h - System V shared memory: segments that have no name in a file system
 *
 * Like:        Linux 6.1, ipc/shm.c, ipc/util.c (ipcget), mm/memfd.c
 * Simplified:  all programs are of one user, who may do anything but what RLIMIT_MEMLOCK forbids;
 *              kernel.shmmax and shmall go up to 2^63 - 1; a segment is found by who has its id, by
 *              its key otherwise
 *              segments of huge pages may be made by anybody
 * Left out:    SHM_REMAP, SHM_EXEC, IPC_SET, kernel.shm_rmid_forced, namespaces
 *
 * The pages of a segment are those of a file of the kernel's own tmpfs, which has no limit
 * (mappings/shmem.h): promised when the segment is made, or one by one with SHM_NORESERVE.
 */
#ifndef MMSIM_LINUX_SHM_H
#define MMSIM_LINUX_SHM_H

#include "models/linux/linux.h"

#define IPC_PRIVATE 0

enum shmctl_cmd {
	IPC_RMID = 0,
	IPC_STAT = 2,
	SHM_LOCK = 11,
	SHM_UNLOCK = 12,
};

/* shmget's flags: the kernel's numbers. */
enum shmget_flag {
	IPC_CREAT = 01000,
	IPC_EXCL = 02000,
	SHM_HUGETLB = 04000,
	SHM_NORESERVE = 010000,
};

/* /proc/sys/kernel; the fields come from sysctl_kernel.def. */
struct sysctl_kernel {
#define TUNABLE(name, unit, def, min, max, meaning) int64_t name;
#include "models/linux/sysctl_kernel.def"
#undef TUNABLE
};

struct shmid_kernel {
	int64_t key;       /* IPC_PRIVATE: nobody finds it by a key */
	bytes_t segsz;     /* as asked for */
	struct file *file; /* its use of it; NULL: destroyed */
	bool dest;         /* SHM_DEST: removed, goes with the last attachment */
	bool locked;       /* SHM_LOCK */
};

struct ipc_namespace {
	struct sysctl_kernel sysctl;
	struct shmid_kernel **ids; /* owned, and so are they; those destroyed included */
	int n;
	size_t cap;
	int in_use;          /* segments not destroyed */
	uint64_t tot;        /* their pages */
	uint64_t locked_shm; /* pages of those that are locked */
};

void ipc_init(struct linux_vm *vm);
void ipc_free(struct linux_vm *vm); /* the host's memory, at the end of a run */

/*
 * The segment of a key, or a new one of size bytes; flags: enum shmget_flag.  0 and *out; -EINVAL:
 * size is 0 or above kernel.shmmax, or that of the key is smaller, or (SHM_HUGETLB) there are no
 * huge pages of hugepagesz bytes (0: the default size); -ENOSPC: kernel.shmall or
 * shmmni; -ENOENT; -EEXIST; -ENOMEM: more than may be promised.
 */
int ksys_shmget(struct task *t, int64_t key, bytes_t size, unsigned flags, bytes_t hugepagesz,
		struct shmid_kernel **out);
/*
 * Adds seals (enum file_seal) to a file in memory.  0; -EINVAL: it is on a disk; -EPERM: it may not
 * be sealed any more; -EBUSY: F_SEAL_WRITE, and a mapping may write.
 */
int memfd_add_seals(struct file *f, unsigned seals);
/* Maps all of a segment at addr (0: the kernel chooses).  0 and *out; -EINVAL: it is destroyed, or
 * the addresses are not free; -ENOMEM.  Sleeps. */
int do_shmat(struct task *t, struct shmid_kernel *shp, uint64_t addr, bool readonly, uint64_t *out);
/* Unmaps the attachment that begins at addr.  0; -EINVAL: there is none.  Sleeps. */
int ksys_shmdt(struct task *t, uint64_t addr);
/*
 * IPC_RMID: it goes with the last attachment.  SHM_LOCK: pages that it has or gets stay in memory.
 * 0; -EINVAL: it is destroyed; -EPERM, -ENOMEM: RLIMIT_MEMLOCK.  Sleeps.
 */
int ksys_shmctl(struct task *t, struct shmid_kernel *shp, enum shmctl_cmd cmd);
/* A mapping of a segment is gone, not its last use: of a removed one the segment may be. */
void shm_close(struct task *t, struct file *f);
/* Mappings of it, those of children and parts that were cut included. */
int shm_nattch(const struct shmid_kernel *shp);

extern const struct tunable_class kernel_tunables;
extern const struct model ipc_model;
extern const struct key_word shmctl_words[], seal_words[];
#endif
