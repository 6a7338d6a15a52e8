/*
 * registry.c - the list
 */
#include "models/registry.h"
#include "models/freebsd/personality.h"
#include "models/linux/linux.h"

const struct personality *const personalities[] = {
	&linux_personality,
	&freebsd_personality,
	NULL,
};
