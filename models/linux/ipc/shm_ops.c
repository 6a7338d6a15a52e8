/*
 * shm_ops.c - memory that programs share without a file system, as calls of scenarios
 */
#include <errno.h>

#include "models/linux/arg.h"
#include "models/linux/ipc/shm.h"
#include "models/linux/mappings/hugetlb.h"
#include "models/linux/mappings/mm.h"
#include "models/linux/mappings/shmem.h"
#include "models/linux/model_list.h"
#include "models/linux/storage/file.h"
#include "models/linux/task.h"

const struct key_word shmctl_words[] = {
	{ "IPC_RMID", IPC_RMID, "remove it: it goes with the last attachment" },
	{ "IPC_STAT", IPC_STAT,
	  "whether it is there: nattch, pages, segsz, locked, dest of the segment" },
	{ "SHM_LOCK", SHM_LOCK, "reclaim leaves its pages in memory" },
	{ "SHM_UNLOCK", SHM_UNLOCK, "and no longer" },
	{ NULL, 0, NULL },
};

const struct key_word seal_words[] = {
	{ "F_SEAL_SEAL", F_SEAL_SEAL, "no more seals" },
	{ "F_SEAL_SHRINK", F_SEAL_SHRINK, "the file does not become shorter" },
	{ "F_SEAL_GROW", F_SEAL_GROW, "nor longer" },
	{ "F_SEAL_WRITE", F_SEAL_WRITE, "nobody changes what is in it; -EBUSY: a mapping may" },
	{ "F_SEAL_FUTURE_WRITE", F_SEAL_FUTURE_WRITE,
	  "nobody does, but by mappings that there are" },
	{ NULL, 0, NULL },
};

static void enter_kernel(struct task *t)
{
	task_run(t, (sim_time)task_vm(t)->machine->cost.syscall);
}

static int64_t op_memfd_create(struct task *t, const struct args *a, struct result *r)
{
	struct file *f;
	int error;

	enter_kernel(t);
	if (a->hugetlb) {
		struct hstate *h = size_to_hstate(task_vm(t), (bytes_t)a->hugepagesz);

		if (!h)
			return -EINVAL;
		f = hugetlb_file_setup(t, h, NULL, 0);
	} else {
		error = shmem_file_setup(t, task_struct(t)->mm, 0, VM_NORESERVE, &f);
		if (error)
			return error;
	}
	f->inode->name = a->name ? a->name : "memfd";
	if (a->allow_sealing)
		f->inode->seals = 0;
	return give(r, f);
}

static int64_t op_add_seals(struct task *t, const struct args *a, struct result *r)
{
	(void)r;
	enter_kernel(t);
	return memfd_add_seals(a->file.ptr, (unsigned)a->seals);
}

static int64_t op_shmget(struct task *t, const struct args *a, struct result *r)
{
	struct shmid_kernel *shp;
	unsigned flags = (a->create ? IPC_CREAT : 0) | (a->exclusive ? IPC_EXCL : 0) |
			 (a->noreserve ? SHM_NORESERVE : 0) | (a->hugetlb ? SHM_HUGETLB : 0);
	int error;

	enter_kernel(t);
	error = ksys_shmget(t, a->key, (bytes_t)a->size, flags, (bytes_t)a->hugepagesz, &shp);
	return error ? error : give(r, shp);
}

static int64_t op_shmat(struct task *t, const struct args *a, struct result *r)
{
	struct shmid_kernel *shp = a->shm.ptr;
	uint64_t addr;
	int error;

	enter_kernel(t);
	if (!shp)
		return -EINVAL;
	error = do_shmat(t, shp, (uint64_t)a->address, a->readonly, &addr);
	if (error)
		return error;
	return give(r,
		    user_map_new(task_mm(t), addr,
				 div_round_up(shp->file->inode->i_size, PAGE_SIZE) << PAGE_SHIFT));
}

static int64_t op_shmdt(struct task *t, const struct args *a, struct result *r)
{
	struct user_map *map = a->map.ptr;
	int error;

	(void)r;
	enter_kernel(t);
	if (!map || map->mm != task_struct(t)->mm)
		return -EINVAL;
	error = ksys_shmdt(t, map->start);
	list_del(&map->link);
	sim_free(map);
	return error;
}

static int64_t op_shmctl(struct task *t, const struct args *a, struct result *r)
{
	(void)r;
	enter_kernel(t);
	return a->shm.ptr ? ksys_shmctl(t, a->shm.ptr, (enum shmctl_cmd)a->cmd) : -EINVAL;
}

static const struct op ipc_ops[] = {
	{ "memfd_create", "name =, hugetlb =, hugepagesz = 0, allow_sealing =", "file",
	  op_memfd_create, OP_NO_IRQ,
	  "memfd_create(2): an empty file in memory that has no name; it goes with its last user; "
	  "-EINVAL: no such huge pages" },
	{ "add_seals", "file, seals", NULL, op_add_seals, OP_NO_IRQ,
	  "fcntl(2), F_ADD_SEALS: what may not be done to a file in memory any more; -EINVAL: it "
	  "is on "
	  "a disk; -EPERM: it may not be sealed; -EBUSY: a mapping may write" },
	{ "shmget", "size, key = 0, create =, exclusive =, noreserve =, hugetlb =, hugepagesz = 0",
	  "shm", op_shmget, OP_NO_IRQ,
	  "shmget(2): the segment of a key, or a new one of System V shared memory; -ENOENT, "
	  "-EEXIST: "
	  "there is none, there is one; -EINVAL: it is smaller, or size is 0 or above "
	  "kernel.shmmax; "
	  "-ENOSPC: kernel.shmall, kernel.shmmni" },
	{ "shmat", "shm, readonly =, address = 0", "map", op_shmat, OP_NO_IRQ,
	  "shmat(2): map a segment; -EINVAL: it is gone, or something is mapped there" },
	{ "shmdt", "map", NULL, op_shmdt, OP_NO_IRQ | OP_RELEASES,
	  "shmdt(2): unmap what shmat gave; -EINVAL: that is something else" },
	{ "shmctl", "shm, cmd", NULL, op_shmctl, OP_NO_IRQ,
	  "shmctl(2): remove a segment, or lock it in memory; -EINVAL: it is gone; -EPERM, "
	  "-ENOMEM: "
	  "rlimit_memlock of the task" },
};

/* --- /proc/sys/kernel --- */

static void *kernel_object(struct sim *s, const char *name)
{
	(void)name;
	return s->kernel ? &linux_vm(s)->ipc_ns->sysctl : NULL;
}

#define TUNABLE(row, unit, def, min, max, meaning)                                                 \
	{ TUNABLE_FIELDS(sysctl_kernel, row, unit, def, min, max, NULL, meaning), .count = 1,      \
	  .seen_if_set = true },

static const struct tunable kernel_rows[] = {
#include "models/linux/sysctl_kernel.def"
};

const struct tunable_class kernel_tunables = {
	.prefix = "kernel",
	.where = "/proc/sys/kernel",
	.rows = kernel_rows,
	.nr_rows = ARRAY_LEN(kernel_rows),
	.object = kernel_object,
};

const struct model ipc_model = {
	.name = "ipc",
	.ops = ipc_ops,
	.nr_ops = ARRAY_LEN(ipc_ops),
};
