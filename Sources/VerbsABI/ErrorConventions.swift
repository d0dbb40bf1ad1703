// ErrorConventions.swift - the three ways in which the C functions tell that they failed.
//
// Owns: the translation of a thrown `VerbsErrno`, and the first check of every function: is the object there, and is
// this the process that made it? Does not: know any function.
// C counterpart: the RETURN VALUE sections of the man pages. errno is set on failure in all three ways, as the real
// library leaves it too, and is what it was before on success.

import CVerbs
import Verbs

/// What a forked child is told of an object that it inherited. A literal: a global would be initialised under a lock.
var inheritedObject: VerbsErrno { VerbsErrno(rawValue: ENODEV) }

func setErrno(_ number: VerbsErrno) { unsafe __errno_location().pointee = number.rawValue }

/// "A pointer, or NULL and errno": what makes an object out of another one.
func created<Parent: VerbsObject, Child>(
    under parent: UnsafeMutablePointer<Parent>?,
    _ body: (UnsafeMutablePointer<Parent>, Parent.Live) throws(VerbsErrno) -> UnsafeMutablePointer<Child>
) -> UnsafeMutablePointer<Child>? {
    let before = unsafe __errno_location().pointee
    do throws(VerbsErrno) {
        let parent = unsafe try checked(parent)
        let child = unsafe try body(parent, parent.live)
        unsafe __errno_location().pointee = before
        return unsafe child
    } catch {
        setErrno(error)
        return nil
    }
}

/// "0, or a positive errno": what modifies, queries and destroys.
func performed<Object: VerbsObject>(
    on object: UnsafeMutablePointer<Object>?,
    _ body: (UnsafeMutablePointer<Object>, Object.Live) throws(VerbsErrno) -> Void
) -> Int32 {
    let before = unsafe __errno_location().pointee
    do throws(VerbsErrno) {
        let object = unsafe try checked(object)
        unsafe try body(object, object.live)
        unsafe __errno_location().pointee = before
        return 0
    } catch {
        setErrno(error)
        return error.rawValue
    }
}

/// "0, or -1 and errno": what fetches events, GIDs and partition keys.
func fetched<Object: VerbsObject>(
    from object: UnsafeMutablePointer<Object>?,
    _ body: (UnsafeMutablePointer<Object>, Object.Live) throws(VerbsErrno) -> Void
) -> Int32 {
    unsafe performed(on: object, body) == 0 ? 0 : -1
}

/// The object, if there is one and this process made it. A forked child gets no further than this.
@inline(__always)
func checked<Object: VerbsObject>(
    _ object: UnsafeMutablePointer<Object>?
) throws(VerbsErrno) -> UnsafeMutablePointer<Object> {
    guard let object = unsafe object else { throw .invalidArgument }
    guard unsafe object.isOurs else { throw inheritedObject }
    return unsafe object
}
