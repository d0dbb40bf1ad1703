# shellcheck shell=bash
# common.sh - sourced by build and run: where virtual machines are kept, and what the kernels are called.
#
#   $VERBENA_VM/packages         Debian's packages, as downloaded; kernels are unpacked, never installed
#   $VERBENA_VM/kernels/NAME     image, initrd, version, modules (a tree lib/modules, empty where all is built in)
#   $VERBENA_VM/source           the source of the kernel that is compiled here

VERBENA_VM=${VERBENA_VM:-${XDG_CACHE_HOME:-$HOME/.cache}/verbena/vm}
# shellcheck disable=SC2034 # for build
vm_kernels=(5.10 6.1 6.12 newest full)

# The kernel `full` before 6.12: it has soft-iWARP and the memory test devices too, but takes minutes to compile.
vm_default_kernel() {
  local name
  for name in full 6.12; do
    if [[ -e "$VERBENA_VM/kernels/$name/initrd" ]]; then echo "$name"; return; fi
  done
  echo 6.12
}
