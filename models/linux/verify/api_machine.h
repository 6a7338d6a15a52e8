/*
 * api_machine.h - the machine on which the calls of the family api were recorded
 */
#ifndef MMSIM_LINUX_API_MACHINE_H
#define MMSIM_LINUX_API_MACHINE_H

#include "models/linux/verify/verify.h"

/* One CPU, and if there are files f0, f1, ... a device with them. */
struct api_machine {
	struct sim *sim; /* NULL: not started */
	struct tables tables;
	struct linux_vm *vm;           /* freed when the kernel halts */
	struct api_sections *sections; /* owned; what the boot borrows */
	int nr_files;
};

/* Boots it, as case.yaml says; false after reporting to c->diag. */
bool api_machine_start(struct verify_case *c, struct api_machine *m, int nr_files);
/* Runs fn as the only program, to its end. */
void api_machine_run(struct api_machine *m, task_fn *fn, void *arg);
void api_machine_stop(struct api_machine *m);
#endif
