# Loops whose cycles on an ESP32 are published (published.csv), written from what is published of them: what
# they compute, and for some how many instructions they take. And a few of which nothing is published, for the
# rules that no published one rests on. Each stands between the markers; linked with machine's start-up.
#
# The order of instructions inside a loop is not published. Here it is: loads first, then what waits longest
# for them, and work that is independent wherever something waits.

    .macro function name
    .text
    .align 4
    .global \name
    .type \name, @function
\name:
    entry   a1, 32
    .endm

    # The region's number in published.csv, where this is the program `assembler`, is the order of these.
    .macro region kernel, samples=0, out=0
    movi    a10, input
    movi    a11, coefficients
    movi    a12, output
    movi    a13, \samples
    movi    a14, \out
    movi    a2, twin_begin              # by address: binutils' lx106 linker has no windowed calls
    movi    a3, \kernel
    movi    a4, twin_end
    callx8  a2
    callx8  a3
    callx8  a4
    .endm

    # What a measurement on the chip adds to a kernel of three arguments: the arguments, the call, and one
    # reading of CCOUNT by a function (the second half of the first reading and the first half of the last).
    .macro region_of_a_measured_call
    movi    a2, twin_begin
    movi    a3, call
    movi    a4, twin_end
    movi    a5, read_ccount
    callx8  a2
    mov.n   a10, a2
    mov.n   a11, a3
    mov.n   a12, a4
    callx8  a3
    callx8  a5
    callx8  a4
    .endm

    .literal_position
    function twin_begin
    retw.n
    function twin_end
    retw.n

    .literal_position
    function machine_start
    region  dot_product, 256
    region  dot_product_strided, 256
    region  fir, 1024, 256
    region  biquad, 1024
    region  biquad_in_its_best_order, 1024
    region  butterflies, 512
    region  outer_loops, 256
    region_of_a_measured_call
    region  dependent_multiplications, 100
    region  independent_additions, 100
    region  integer_multiplications, 100
    region  integer_multiply_adds, 100
    region  divisions, 100
    region  dot_product_int16, 256
    region  float_divisions, 100
    region  list_walk, 256
    region  special_reads, 100
    region  recursion, 24
    region  barriers, 100
    region  system_calls, 100
    movi    a10, 1                      # SYS_EXIT
    movi    a11, 0
    movi    a2, simcall
    callx8  a2

    .literal_position
    function machine_exception          # start.S asks for it; the cause is the exit code
    mov     a11, a2
    movi    a10, 1
    movi    a2, simcall
    callx8  a2

# a2 input, a3 coefficients, a4 output, a5 count, a6 taps

# sum(a[i] * b[i]); four instructions a turn
    function dot_product
    movi    a7, 0
    wfr     f2, a7
    sub     a6, a3, a2                  # from one array to the other
    loopnez a5, 1f
    lsi     f0, a2, 0
    lsx     f1, a2, a6
    addi    a2, a2, 4
    madd.s  f2, f0, f1
1:  ssi     f2, a4, 0
    movi.n  a2, 0
    retw.n

# the same with steps that are asked for; five instructions a turn
    function dot_product_strided
    movi    a7, 0
    wfr     f2, a7
    movi    a6, 4
    movi    a7, 4
    loopnez a5, 1f
    lsi     f0, a2, 0
    lsi     f1, a3, 0
    add     a2, a2, a6
    add     a3, a3, a7
    madd.s  f2, f0, f1
1:  ssi     f2, a4, 0
    movi.n  a2, 0
    retw.n

# One sample at a time into a ring as long as the taps, then the ring from its oldest to its end and from its
# beginning.
    .literal_position
    function fir
    movi    a8, ring
    movi    a9, 0                       # where in it, in bytes
    slli    a14, a6, 2
1:  lsip    f3, a2, 4
    add     a10, a8, a9
    ssi     f3, a10, 0
    addi    a9, a9, 4
    blt     a9, a14, 2f
    movi.n  a9, 0
2:  add     a10, a8, a9
    mov.n   a11, a3
    movi.n  a12, 0
    wfr     f2, a12
    sub     a13, a14, a9
    srli    a13, a13, 2
    loopnez a13, 3f
    lsip    f0, a10, 4
    lsip    f1, a11, 4
    madd.s  f2, f0, f1
3:  mov.n   a10, a8
    srli    a13, a9, 2
    loopnez a13, 4f
    lsip    f0, a10, 4
    lsip    f1, a11, 4
    madd.s  f2, f0, f1
4:  ssip    f2, a4, 4
    addi    a5, a5, -1
    bnez    a5, 1b
    movi.n  a2, 0
    retw.n

# Direct form II; nine instructions a sample. f4, f5: state; f6-f8: b0-b2; f9, f10: a1, a2
    .macro  biquad_begins
    lsi     f6, a3, 0
    lsi     f7, a3, 4
    lsi     f8, a3, 8
    lsi     f9, a3, 12
    lsi     f10, a3, 16
    movi    a7, 0
    wfr     f4, a7
    wfr     f5, a7
    .endm

# The two sums grow together, state by state; the order that most orders are as long as.
    function biquad
    biquad_begins
    loopnez a5, 1f
    lsip    f0, a2, 4
    msub.s  f0, f9, f4
    mul.s   f1, f7, f4
    madd.s  f1, f8, f5
    msub.s  f0, f10, f5
    madd.s  f1, f6, f0
    mov.s   f5, f4
    mov.s   f4, f0
    ssip    f1, a4, 4
1:  movi.n  a2, 0
    retw.n

# The same nine, with work that waits for nothing put wherever something waits.
    function biquad_in_its_best_order
    biquad_begins
    loopnez a5, 1f
    lsip    f0, a2, 4
    mul.s   f1, f7, f4
    msub.s  f0, f10, f5
    madd.s  f1, f8, f5
    msub.s  f0, f9, f4
    mov.s   f5, f4
    madd.s  f1, f6, f0
    mov.s   f4, f0
    ssip    f1, a4, 4
1:  movi.n  a2, 0
    retw.n

# Radix 2 in place on complex numbers, one factor: (p, q) -> (p + w q, p - w q)
    .literal_position
    function butterflies
    lsi     f8, a3, 0
    lsi     f9, a3, 4
    movi    a6, scratch
    addmi   a7, a6, 0x1000
    loopnez a5, 1f
    lsi     f2, a7, 0
    lsi     f3, a7, 4
    mul.s   f4, f2, f8
    mul.s   f5, f3, f8
    lsi     f0, a6, 0
    lsi     f1, a6, 4
    msub.s  f4, f3, f9
    madd.s  f5, f2, f9
    sub.s   f6, f0, f4
    sub.s   f7, f1, f5
    add.s   f0, f0, f4
    add.s   f1, f1, f5
    ssi     f6, a7, 0
    ssi     f7, a7, 4
    ssip    f0, a6, 4
    ssip    f1, a6, 4
    addi    a7, a7, 8
1:  retw.n

# Around an inner hardware loop: seven instructions, one of them a taken branch, one the loop's setup
    function outer_loops
    movi.n  a6, 1
1:  mov.n   a7, a2
    addi    a2, a2, 4
    mov.n   a8, a3
    addi    a3, a3, 4
    loopnez a6, 2f
    nop
2:  addi    a5, a5, -1
    bnez    a5, 1b
    retw.n

    function call
    retw.n

    function read_ccount
    rsr     a2, ccount
    retw.n

    .macro ten instruction:vararg
    .rept 10
    \instruction
    .endr
    .endm

    function dependent_multiplications
    loopnez a5, 1f
    ten     mul.s f0, f0, f1
1:  retw.n

    function independent_additions
    loopnez a5, 1f
    .rept 2
    add.s   f0, f10, f11
    add.s   f1, f10, f11
    add.s   f2, f10, f11
    add.s   f3, f10, f11
    add.s   f4, f10, f11
    .endr
1:  retw.n

    function integer_multiplications
    loopnez a5, 1f
    .rept 5
    mull    a6, a2, a3
    mull    a7, a2, a3
    .endr
1:  retw.n

# a sum of products: each product is waited for
    function integer_multiply_adds
    loopnez a5, 1f
    .rept 10
    mull    a6, a6, a3
    add     a6, a6, a3
    .endr
1:  retw.n

    function divisions
    movi    a6, 1
    movi    a7, 1
    loopnez a5, 1f
    .rept 5
    quou    a8, a6, a7
    quou    a9, a6, a7
    .endr
1:  retw.n

# Two 16-bit products a word by MAC16, which loads the next words meanwhile; the sum is in ACC
    function dot_product_int16
    movi    a7, 0
    wsr     a7, acclo
    wsr     a7, acchi
    addi    a2, a2, -4                  # ldinc moves on before it loads
    addi    a3, a3, -4
    srli    a5, a5, 2
    ldinc   m0, a2
    ldinc   m2, a3
    loopnez a5, 1f
    mula.dd.ll.ldinc m1, a2, m0, m2
    mula.dd.hh.ldinc m3, a3, m0, m2
    mula.dd.ll.ldinc m0, a2, m1, m3
    mula.dd.hh.ldinc m2, a3, m1, m3
1:  rsr     a2, acclo
    retw.n

# Quotients by the FPU's own steps, each made of the last: an approximation of the divisor's reciprocal, made
# exact twice, and then the quotient, made exact by its remainder. f4, f6: the divisor and the dividend,
# narrowed and negative
    function float_divisions
    movi    a7, 7
    float.s f0, a7, 0
    movi    a7, 3
    float.s f2, a7, 0
    loopnez a5, 1f
    mov.s   f1, f0
    div0.s  f3, f2
    nexp01.s f4, f2
    const.s f5, 1
    nexp01.s f6, f1
    maddn.s f5, f4, f3
    mov.s   f7, f2
    mkdadj.s f7, f1                     # where the exponents go meanwhile
    const.s f0, 0
    neg.s   f8, f6
    maddn.s f3, f5, f3
    const.s f5, 1
    neg.s   f9, f6
    maddn.s f5, f4, f3
    maddn.s f0, f8, f3
    maddn.s f3, f5, f3
    maddn.s f8, f4, f0
    maddn.s f0, f8, f3
    maddn.s f9, f4, f0
    addexpm.s f0, f7
    addexp.s f3, f7
    divn.s  f0, f9, f3
1:  ssi     f0, a4, 0
    retw.n

# Each load waits for the one before
    .literal_position
    function list_walk
    movi    a2, self
    loopnez a5, 1f
    l32i    a2, a2, 0
1:  retw.n

    function special_reads
    loopnez a5, 1f
    .rept 5
    rsr     a2, sar
    add     a3, a2, a2
    .endr
1:  retw.n

# Deep enough to spill all windows and fill them again
    .literal_position
    function recursion
    beqz    a5, 1f
    addi    a13, a5, -1
    movi    a8, recursion
    callx8  a8
1:  retw.n

    function barriers
    loopnez a5, 1f
    .rept 10
    memw
    .endr
1:  retw.n

# Into an exception and back
    .literal_position
    function system_calls
    movi    a6, vectors
    rsr     a7, vecbase
    wsr     a6, vecbase                 # no window may overflow or underflow meanwhile
    rsync
    loopnez a5, 1f
    .rept 10
    syscall
    .endr
    nop                                 # who comes back from a handler behind the loop's end has left it
1:  wsr     a7, vecbase
    rsync
    retw.n

    .balign 0x1000
vectors:
    .org vectors + 0x340                # user exceptions
    wsr     a2, excsave2
    rsr     a2, epc1
    addi    a2, a2, 3
    wsr     a2, epc1
    rsr     a2, excsave2
    rfe

    .data
    .align 4
self:
    .long   self
    .bss
    .align 4
input:
    .space  0x2000
coefficients:
    .space  0x2000
output:
    .space  0x2000
scratch:
    .space  0x4000
ring:
    .space  0x400
