"""Remarks on single layers and units, in Vietnamese; numbers and names stay."""

REMARKS = {
    "uses {names} again: counted where it was first used": "dùng lại {names}: đã đếm ở nơi dùng lần đầu",
    "frozen": "đóng băng",
    "{count} of its parameters are frozen": "{count} tham số của nó bị đóng băng",
    "{name}: a fully connected layer per {part1}, {input} → {output}{part2}; a {full} one would take {times} "
    "times the weights and MACs ({own} → {more})": (
        "{name}: một tầng kết nối đầy đủ tại mỗi {part1}, {input} → {output}{part2}; tầng {full} sẽ cần gấp "
        "{times} lần trọng số và MACs ({own} → {more})"
    ),
    "position": "vị trí",
    "pixel": "điểm ảnh",
    "pixel of each frame": "điểm ảnh của mỗi khung hình",
    " in {count} groups": " trong {count} nhóm",
    "depthwise: one kernel per filter; over all {channels} channels it would take {times} times the weights "
    "and MACs ({own} → {more})": (
        "theo từng kênh (depthwise): mỗi bộ lọc một nhân; trên cả {channels} kênh sẽ cần gấp {times} "
        "lần trọng "
        "số và MACs ({own} → {more})"
    ),
    "bottleneck {first} → {second} → {third} → {last}: {taken} weights; one {kernel} convolution {input} → "
    "{output} would take {full}, {part}": (
        "thắt cổ chai (bottleneck) {first} → {second} → {third} → {last}: {taken} trọng số; một tích chập "
        "{kernel} {input} → {output} sẽ cần {full}, {part}"
    ),
    "inverted bottleneck {first} → {second} → {last}: {taken} weights; with a dense middle {full}, {part}": (
        "thắt cổ chai ngược (inverted bottleneck) {first} → {second} → {last}: {taken} trọng số; nếu "
        "phần giữa "
        "đầy đủ thì {full}, {part}"
    ),
    "{ratio} times as many": "gấp {ratio} lần",
    "{ratio} times fewer": "ít hơn {ratio} lần",
    "(2+1)D {first} → {second} → {last}: {taken} weights and {macs} MACs; the full {kernel} convolution: "
    "{full} and {more}; equal weights at a width of {equal} between": (
        "(2+1)D {first} → {second} → {last}: {taken} trọng số và {macs} MACs; tích chập {kernel} đầy đủ: "
        "{full} và {more}; số trọng số bằng nhau khi bề rộng ở giữa là {equal}"
    ),
    "full 3D: {own} weights; as (2+1)D, {space} to {mid} and {time} to {output}: {taken}, with one more "
    "activation between": (
        "3D đầy đủ: {own} trọng số; thành (2+1)D, {space} đến {mid} rồi {time} đến {output}: {taken}, "
        "với thêm "
        "một kích hoạt ở giữa"
    ),
    "exact": "chính xác",
    "bound": "cận trên",
    "unknown": "không rõ",
    "work outside of torch": "phần tính ngoài torch",
    "a number": "một con số",
    "{name} unit {unit} along {axis} of {source}: {part1}, {part2}": (
        "{name}, nút {unit}, dọc theo {axis} của {source}: {part1}, {part2}"
    ),
    "{name} unit {unit} along {axis}: {part1}, {part2}": (
        "{name}, nút {unit}, dọc theo {axis}: {part1}, {part2}"
    ),
    "nothing": "không gì cả",
    "{inside} ({beyond} without the edges)": "{inside} ({beyond} nếu không có mép ảnh)",
    " (in the input {first} … {last})": " (trong đầu vào {first} … {last})",
    "{name} does not see the input": "{name} không nhìn thấy đầu vào",
    "{name}, unit {unit}, {status}: {axes}": "{name}, nút {unit}, {status}: {axes}",
    "all": "tất cả",
    "Choose a layer in the table below.": "Hãy chọn một tầng trong bảng bên dưới.",
    "architecture": "kiến trúc",
    "convolution": "tích chập",
    "pooling": "gộp (pooling)",
    "fully connected": "kết nối đầy đủ",
    "recurrent": "hồi tiếp",
    "attention": "chú ý (attention)",
    "branches joined": "các nhánh nhập lại",
    "other": "khác",
    "the input": "đầu vào",
    "{count} parameters": "{count} tham số",
    "sees {part}": "nhìn thấy {part}",
}
"""Remarks, units, and the words of the drawing."""
