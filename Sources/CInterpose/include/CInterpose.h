// CInterpose: the interposed libc calls.
