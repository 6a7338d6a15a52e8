/*
 * file_ops.h - opening a file without a call
 */
#ifndef MMSIM_FREEBSD_FILE_OPS_H
#define MMSIM_FREEBSD_FILE_OPS_H

#include "models/freebsd/vm/vnode_pager.h"

/* Freed at the end of the run, or by close. */
struct freebsd_file *freebsd_file_open(struct freebsd_vm *vm, struct vnode *vp);
/* One user less; the last one frees it. */
void freebsd_file_close(struct freebsd_file *f);
#endif
