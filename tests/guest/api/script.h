/* script.h - makes up scripts of calls */
#ifndef MMSIM_TESTS_GUEST_API_SCRIPT_H
#define MMSIM_TESTS_GUEST_API_SCRIPT_H

#include "../chance.h"

struct kind {
	const char *name, *group;
	int memory_mb;
	void (*write)(int calls);
};

extern const struct kind vm_kinds[];   /* each ends with a row without a name */
extern const struct kind pool_kinds[]; /* dma and mempool */
extern const struct kind file_kinds[]; /* cache and user */

#endif
