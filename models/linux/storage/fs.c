/*
 * fs.c - the rows of fs.def
 */
#include "models/linux/storage/fs.h"

const struct file_system file_systems[NR_FS_TYPES] = {
#define FS(n, word, wp, gfp, large, da, unwr, page, la, io, buf, text)                             \
	{                                                                                          \
		.name = word,                                                                      \
		.writepages = wp,                                                                  \
		.gfp_mask = gfp,                                                                   \
		.large_folios = large,                                                             \
		.delalloc = da,                                                                    \
		.writepage = page,                                                                 \
		.unwritten = unwr,                                                                 \
		.launder = la,                                                                     \
		.iomap = io,                                                                       \
		.buffers = BUFFERS_##buf,                                                          \
		.meaning = text,                                                                   \
	},
#define FS_RAW FS
#include "models/linux/storage/fs.def"
#undef FS
#undef FS_RAW
};

const struct key_word fs_words[] = {
#define FS(n, word, wp, gfp, large, da, unwr, page, la, io, buf, text) { word, FS_##n, text },
#define FS_RAW(n, word, wp, gfp, large, da, unwr, page, la, io, buf, text)
#include "models/linux/storage/fs.def"
#undef FS
#undef FS_RAW
	{ NULL, 0, NULL },
};
