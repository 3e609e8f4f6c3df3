use super::*;

#[test]
fn full_scale_is_116_db_for_the_typical_part() {
    let calibration = Calibration::default();
    assert_eq!(calibration.spl_offset_db(), 116.0);
    assert_eq!(calibration.spl_offset_db(), regs::OVERLOAD_DB_SPL);
    assert_eq!(Calibration::from_centi_dbfs(-22_00), calibration);
    assert_eq!(Calibration { dbfs_at_94: -25.0 }.spl_offset_db(), 119.0);
}

#[test]
fn one_pascal_is_94_db() {
    // 1 Pa is 93.979 dB SPL, so -22.021 dBFS: an RMS of 32767 / sqrt 2 * 10^(-22.021 / 20) = 1836.1 counts.
    let calibration = Calibration::default();
    assert!((1.0 / calibration.pascal_per_lsb() - 1836.1).abs() < 0.5);
    // The same by the logarithm.
    let level = 10.0 * libm::log10f(1836.1 * 1836.1) + calibration.mean_square_offset_db();
    assert!((level - 93.979).abs() < 0.01);
}

#[test]
fn a_full_scale_sine_reads_full_scale() {
    let calibration = Calibration { dbfs_at_94: -26.0 };
    let mean_square = 32_767.0_f32 * 32_767.0 / 2.0;
    let level = 10.0 * libm::log10f(mean_square) + calibration.mean_square_offset_db();
    assert!((level - 120.0).abs() < 1e-3);
}
