// copy_routine_x86_64.S - a copy whose faults guard_handlers.c turns into a return value.
//
// Copies strictly upwards, and the last eight bytes by one store of their own: a program that polls on the end of a
// message sees it only when the rest is there. `rep movsb` may store out of order within itself, but not past the
// discrete store that follows it (Intel SDM vol 3, 9.2.4). A leaf without a stack frame: the fix-up may simply return.
#if defined(__x86_64__)
    .text
    .p2align 6
    .globl verbena_copy_routine
    .hidden verbena_copy_routine
    .globl verbena_copy_routine_fault
    .hidden verbena_copy_routine_fault
    .globl verbena_copy_routine_end
    .hidden verbena_copy_routine_end
    .type verbena_copy_routine, @function

// rdi: to, rsi: from, rdx: byte count, rcx: from how many bytes on `rep movsb` is used, r8d: whether AVX is.
verbena_copy_routine:
    .cfi_startproc
    subq $8, %rdx
    jb .Lsmall
    cmpq %rcx, %rdx
    jae .Lstring
    testl %r8d, %r8d
    jz .Lblocks
    cmpq $256, %rdx
    jb .Lblocks

.Lwide:
    subq $128, %rdx
    jb .Lwide_rest
    vmovdqu (%rsi), %ymm0
    vmovdqu 32(%rsi), %ymm1
    vmovdqu 64(%rsi), %ymm2
    vmovdqu 96(%rsi), %ymm3
    vmovdqu %ymm0, (%rdi)
    vmovdqu %ymm1, 32(%rdi)
    vmovdqu %ymm2, 64(%rdi)
    vmovdqu %ymm3, 96(%rdi)
    subq $-128, %rsi
    subq $-128, %rdi
    jmp .Lwide
.Lwide_rest:
    subq $-128, %rdx
    vzeroupper

.Lblocks:
    subq $64, %rdx
    jb .Lrest
    movups (%rsi), %xmm0
    movups 16(%rsi), %xmm1
    movups 32(%rsi), %xmm2
    movups 48(%rsi), %xmm3
    movups %xmm0, (%rdi)
    movups %xmm1, 16(%rdi)
    movups %xmm2, 32(%rdi)
    movups %xmm3, 48(%rdi)
    addq $64, %rsi
    addq $64, %rdi
    jmp .Lblocks

// rdx is the rest minus 64: its low six bits are the rest.
.Lrest:
    testb $32, %dl
    jz 1f
    movups (%rsi), %xmm0
    movups 16(%rsi), %xmm1
    movups %xmm0, (%rdi)
    movups %xmm1, 16(%rdi)
    addq $32, %rsi
    addq $32, %rdi
1:  testb $16, %dl
    jz 1f
    movups (%rsi), %xmm0
    movups %xmm0, (%rdi)
    addq $16, %rsi
    addq $16, %rdi
1:  testb $8, %dl
    jz 1f
    movq (%rsi), %rax
    movq %rax, (%rdi)
    addq $8, %rsi
    addq $8, %rdi
1:  testb $7, %dl
    jz .Ltail
    testb $4, %dl
    jz 1f
    movl (%rsi), %eax
    movl %eax, (%rdi)
    addq $4, %rsi
    addq $4, %rdi
1:  testb $2, %dl
    jz 1f
    movzwl (%rsi), %eax
    movw %ax, (%rdi)
    addq $2, %rsi
    addq $2, %rdi
1:  testb $1, %dl
    jz .Ltail
    movzbl (%rsi), %eax
    movb %al, (%rdi)
    addq $1, %rsi
    addq $1, %rdi

.Ltail:
    movq (%rsi), %rax
    movq %rax, (%rdi)
    xorl %eax, %eax
    ret

.Lstring:
    movq %rdx, %rcx
    rep movsb
    jmp .Ltail

// Fewer than eight bytes: rdx is the count minus 8, and its low three bits are the count.
.Lsmall:
    testb $4, %dl
    jz 1f
    movl (%rsi), %eax
    movl %eax, (%rdi)
    addq $4, %rsi
    addq $4, %rdi
1:  testb $2, %dl
    jz 1f
    movzwl (%rsi), %eax
    movw %ax, (%rdi)
    addq $2, %rsi
    addq $2, %rdi
1:  testb $1, %dl
    jz 1f
    movzbl (%rsi), %eax
    movb %al, (%rdi)
1:  xorl %eax, %eax
    ret

verbena_copy_routine_fault:
    testl %r8d, %r8d
    jz 1f
    vzeroupper
1:  movl $1, %eax
    ret
verbena_copy_routine_end:
    .cfi_endproc
    .size verbena_copy_routine, .-verbena_copy_routine
#endif
    .section .note.GNU-stack, "", @progbits
