//! Pictures as PNG: pixels as they are, and the LCD as a person would have seen it at the run's end.

use hal_shim::device::st7735s::Framebuffer;
use std::io::{self, Write};

/// Writes the picture, each of its pixels as a square of `scale` by `scale`.
pub fn png(screen: &Framebuffer, scale: usize, out: impl Write) -> io::Result<()> {
    let scale = scale.max(1);
    let (width, height) = (screen.width * scale, screen.height * scale);
    let mut bytes = Vec::with_capacity(width * height * 3);
    for row in screen.pixels.chunks_exact(screen.width.max(1)) {
        let line: Vec<u8> =
            row.iter().flat_map(|pixel| std::iter::repeat_n(*pixel, scale)).flatten().collect();
        for _ in 0..scale {
            bytes.extend_from_slice(&line);
        }
    }
    let size =
        |pixels: usize| u32::try_from(pixels).map_err(|_| io::Error::other("the picture is too large"));
    rgb(size(width)?, size(height)?, &bytes, out)
}

/// Red, green and blue, row by row.
pub fn rgb(width: u32, height: u32, bytes: &[u8], out: impl Write) -> io::Result<()> {
    let mut encoder = png::Encoder::new(out, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(bytes)?;
    writer.finish()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pixel_becomes_a_square_and_can_be_read_back() {
        let screen = Framebuffer { width: 2, height: 1, pixels: vec![[255, 0, 0], [0, 0, 255]] };
        let mut bytes = Vec::new();
        png(&screen, 3, &mut bytes).unwrap();
        let mut reader = png::Decoder::new(io::Cursor::new(bytes)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        assert_eq!((info.width, info.height), (6, 3));
        let line: Vec<u8> =
            [[255, 0, 0], [255, 0, 0], [255, 0, 0], [0, 0, 255], [0, 0, 255], [0, 0, 255]].concat();
        assert_eq!(pixels, [line.clone(), line.clone(), line].concat());
    }
}
