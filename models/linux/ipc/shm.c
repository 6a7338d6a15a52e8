/*
 * shm.c - segments: made by a key or privately, attached, removed
 *
 *	shmget   the segment has its file: one use
 *	shmat    each mapping is one use more, as fork and cutting make them
 *	shmdt    one less
 *	IPC_RMID nobody finds it by its key any more; when no mapping is left, its own use goes, too
 *
 * A segment that nobody removes stays when all programs have ended, with all its pages.
 */
#include "models/linux/ipc/shm.h"

#include <errno.h>

#include "models/linux/mappings/hugetlb.h"
#include "models/linux/mappings/mm.h"
#include "models/linux/mappings/shmem.h"
#include "models/linux/reclaim/vmscan.h"
#include "models/linux/storage/file.h"
#include "models/linux/task.h"

static uint64_t shm_pages(const struct shmid_kernel *shp)
{
	return div_round_up(shp->segsz, PAGE_SIZE);
}

/* --- making --- */

/* A key's segment, removed ones left out.  NULL: none. */
static struct shmid_kernel *find_key(const struct ipc_namespace *ns, int64_t key)
{
	for (int i = 0; i < ns->n; i++)
		if (ns->ids[i]->file && !ns->ids[i]->dest && ns->ids[i]->key == key)
			return ns->ids[i];
	return NULL;
}

/* Of huge pages all is reserved.  NULL: more than may be promised, or no such pages. */
static struct file *shm_file(struct task *t, bytes_t size, unsigned flags, bytes_t hugepagesz)
{
	struct linux_vm *vm = task_vm(t);
	bool noreserve = (flags & SHM_NORESERVE) && vm->sysctl.overcommit_memory != 2;
	struct hstate *h;
	struct file *f;

	if (!(flags & SHM_HUGETLB))
		return shmem_file_setup(t, task_struct(t)->mm,
					div_round_up(size, PAGE_SIZE) << PAGE_SHIFT,
					noreserve ? VM_NORESERVE : 0, &f)
			   ? NULL
			   : f;
	h = size_to_hstate(vm, hugepagesz);
	if (!h)
		return NULL;
	f = hugetlb_file_setup(t, h, "SYSV",
			       div_round_up(size, huge_page_size(h)) * huge_page_size(h));
	if (!hugetlb_reserve_file(t, f, flags & SHM_NORESERVE))
		return f;
	file_close(t, f);
	return NULL;
}

static int newseg(struct task *t, int64_t key, bytes_t size, unsigned flags, bytes_t hugepagesz,
		  struct shmid_kernel **out)
{
	struct linux_vm *vm = task_vm(t);
	struct ipc_namespace *ns = vm->ipc_ns;
	uint64_t pages = div_round_up(size, PAGE_SIZE);
	void *ids = ns->ids;
	struct shmid_kernel *shp;
	struct file *f;

	if (!size || size > (uint64_t)ns->sysctl.shmmax)
		return -EINVAL;
	if (ns->tot + pages > (uint64_t)ns->sysctl.shmall)
		return -ENOSPC;
	f = shm_file(t, size, flags, hugepagesz);
	if (!f)
		return size_to_hstate(vm, hugepagesz) || !(flags & SHM_HUGETLB) ? -ENOMEM : -EINVAL;
	if (ns->in_use >= ns->sysctl.shmmni) {
		file_close(t, f);
		delayed_fput(t);
		return -ENOSPC;
	}
	f->inode->name = "SYSV";
	shp = sim_calloc(1, sizeof(*shp));
	*shp = (struct shmid_kernel){ .key = key, .segsz = size, .file = f };
	f->shm = shp;
	sim_grow(&ids, &ns->cap, (size_t)ns->n + 1, sizeof(struct shmid_kernel *));
	ns->ids = ids;
	ns->ids[ns->n++] = shp;
	ns->in_use++;
	ns->tot += pages;
	*out = shp;
	return 0;
}

int ksys_shmget(struct task *t, int64_t key, bytes_t size, unsigned flags, bytes_t hugepagesz,
		struct shmid_kernel **out)
{
	struct shmid_kernel *shp;

	if (key == IPC_PRIVATE)
		return newseg(t, key, size, flags, hugepagesz, out);
	shp = find_key(task_vm(t)->ipc_ns, key);
	if (!shp)
		return flags & IPC_CREAT ? newseg(t, key, size, flags, hugepagesz, out) : -ENOENT;
	if ((flags & (IPC_CREAT | IPC_EXCL)) == (IPC_CREAT | IPC_EXCL))
		return -EEXIST;
	if (shp->segsz < size)
		return -EINVAL;
	*out = shp;
	return 0;
}

/* --- locking in memory --- */

/* Pages that reclaim has put aside may be reclaimed again. */
static void shmem_unlock_mapping(struct task *t, struct address_space *m)
{
	struct linux_vm *vm = task_vm(t);
	uint64_t index = 0;
	xa_entry e;

	for (; (e = xa_find(&m->i_pages, &index, UINT64_MAX)) != 0; index++) {
		if (!xa_is_value(e))
			check_move_unevictable(vm, mapping_page(m, e));
		cond_resched(t);
	}
}

static int shm_lock(struct task *t, struct shmid_kernel *shp)
{
	struct ipc_namespace *ns = task_vm(t)->ipc_ns;
	uint64_t limit = task_struct(t)->rlimit_memlock;

	if (!limit)
		return -EPERM;
	if (shp->locked || hstate_file(shp->file))
		return 0; /* huge pages stay in memory anyway */
	if (limit != RLIM_INFINITY && ns->locked_shm + shm_pages(shp) > limit >> PAGE_SHIFT)
		return -ENOMEM;
	ns->locked_shm += shm_pages(shp);
	shp->locked = true;
	shp->file->inode->mapping.flags |= AS_UNEVICTABLE;
	return 0;
}

/* Whether it was locked. */
static bool shm_unlock(struct linux_vm *vm, struct shmid_kernel *shp)
{
	if (!shp->locked)
		return false;
	vm->ipc_ns->locked_shm -= shm_pages(shp);
	shp->locked = false;
	shp->file->inode->mapping.flags &= ~(unsigned)AS_UNEVICTABLE;
	return true;
}

/* --- the end --- */

int shm_nattch(const struct shmid_kernel *shp)
{
	return shp->file ? shp->file->f_count - 1 : 0;
}

static void shm_destroy(struct task *t, struct shmid_kernel *shp)
{
	struct ipc_namespace *ns = task_vm(t)->ipc_ns;
	struct file *f = shp->file;

	shm_unlock(task_vm(t), shp);
	ns->tot -= shm_pages(shp);
	ns->in_use--;
	shp->file = NULL;
	file_close(t, f);
}

void shm_close(struct task *t, struct file *f)
{
	if (f->shm->dest && !shm_nattch(f->shm))
		shm_destroy(t, f->shm);
}

int ksys_shmctl(struct task *t, struct shmid_kernel *shp, enum shmctl_cmd cmd)
{
	struct file *f = shp->file;

	if (!f)
		return -EINVAL;
	switch (cmd) {
	case IPC_STAT:
		return 0; /* what it tells are fields of the segment */
	case IPC_RMID:
		shp->dest = true;
		shm_close(t, f);
		delayed_fput(t);
		return 0;
	case SHM_LOCK:
		return shm_lock(t, shp);
	case SHM_UNLOCK:
		f->f_count++; /* it may be removed meanwhile */
		if (shm_unlock(task_vm(t), shp))
			shmem_unlock_mapping(t, &f->inode->mapping);
		file_close(t, f);
		delayed_fput(t);
		return 0;
	}
	return -EINVAL;
}

/* --- attaching --- */

int do_shmat(struct task *t, struct shmid_kernel *shp, uint64_t addr, bool readonly, uint64_t *out)
{
	struct file *f = shp->file;
	int error;

	if (!f)
		return -EINVAL;
	f->f_count++; /* it may be removed before it is mapped */
	error =
	    do_mmap(t, f, addr, f->inode->i_size, VM_SHARED | (readonly ? 0 : VM_WRITE), 0, out);
	file_close(t, f);
	delayed_fput(t);
	return error == -EEXIST ? -EINVAL : error;
}

int ksys_shmdt(struct task *t, uint64_t addr)
{
	struct mm_struct *mm = task_mm(t);
	const struct vm_area_struct *vma = mm ? vma_lookup(mm, addr) : NULL;

	if (!vma || !vma->vm_file || !vma->vm_file->shm ||
	    vma->vm_start - (vma->vm_pgoff << PAGE_SHIFT) != addr)
		return -EINVAL;
	return do_munmap(t, mm, addr, vma->vm_file->inode->i_size);
}

/* --- boot and halt --- */

void ipc_init(struct linux_vm *vm)
{
	vm->ipc_ns = sim_calloc(1, sizeof(*vm->ipc_ns));
	tunable_defaults(&kernel_tunables, &vm->ipc_ns->sysctl);
}

void ipc_free(struct linux_vm *vm)
{
	struct ipc_namespace *ns = vm->ipc_ns;

	if (!ns)
		return;
	for (int i = 0; i < ns->n; i++)
		sim_free(ns->ids[i]);
	sim_free(ns->ids);
	sim_free(ns);
	vm->ipc_ns = NULL;
}
