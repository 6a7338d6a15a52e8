/*
 * registry.c - the list
 */
#include "models/registry.h"
#include "models/linux/linux.h"

const struct personality *const personalities[] = {
	&linux_personality,
	NULL,
};
