// VerbenaPreload.swift - the shared library that a program preloads.
//
// Owns: which modules are in it (VerbsABI, CInterpose) and, in exports.map, which names leave it. Nothing else: a target
// of its own, because no test may be linked with these flags.

import CInterpose
import VerbsABI
