/*
 * api_vm.h - the group vm of the family api: kernel addresses
 */
#ifndef MMSIM_LINUX_API_VM_H
#define MMSIM_LINUX_API_VM_H

#include "models/linux/verify/api_case.h"

/*
 * The address space of before.txt becomes the kernel's, the tree of holes in its recorded shape.
 * False after reporting to c->diag.
 */
bool api_vm_load(struct verify_case *c, struct linux_vm *vm);
/* Writes after.txt as it is now, and compares it with the recorded one. */
void api_vm_compare_after(struct verify_case *c, struct linux_vm *vm);
#endif
