"""What any verb refuses, in Vietnamese: arguments, options, files, pictures and runs.

{places} hold facts, which stay as they are; {part}, {part1} … are sentences of a table themselves.
"""

ARGUMENTS = {
    "{name} must be {part1}; got {given} ({part2}): for example {example}": (
        "{name} phải là {part1}; nhận được {given} ({part2}): chẳng hạn {example}"
    ),
    "{name} must be {part1}; got {given}: for example {example}": (
        "{name} phải là {part1}; nhận được {given}: chẳng hạn {example}"
    ),
    "{name} must be {part1}; got {given} ({part2})": "{name} phải là {part1}; nhận được {given} ({part2})",
    "{name} must be {part1}; got {given}": "{name} phải là {part1}; nhận được {given}",
    "a whole number": "một số nguyên",
    "a whole number of at least 1": "một số nguyên từ 1 trở lên",
    "a whole number or None": "một số nguyên hoặc None",
    "a finite number": "một số hữu hạn",
    "a finite number or None": "một số hữu hạn hoặc None",
    "a path": "một đường dẫn",
    "a path or None": "một đường dẫn hoặc None",
    "a name or a path": "một tên hoặc một đường dẫn",
    "a name, a path or None": "một tên, một đường dẫn hoặc None",
    "a string": "một chuỗi ký tự",
    "a string or None": "một chuỗi ký tự hoặc None",
    "True or False": "True hoặc False",
    "en or vi": "en hoặc vi",
    "'en' or 'vi'": "'en' hoặc 'vi'",
    "nothing": "không có gì",
    "at most {most} is taken": "nhiều nhất là {most}",
    "did you mean {name}?": "có phải ý bạn là {name}?",
    "no file can be called that": "không tệp nào có thể mang tên đó",
    "{function} has no argument {name}: did you mean {near}?": (
        "{function} không có đối số {name}: có phải ý bạn là {near}?"
    ),
    "{function} has no argument {name}: it takes {names}": (
        "{function} không có đối số {name}: nó nhận {names}"
    ),
    "{function} has no argument {name}: {hint}": "{function} không có đối số {name}: {hint}",
    "{function}: {problem}; it takes {names}": "{function}: {problem}; nó nhận {names}",
    "{name} must be one number or (height, width) in pixels; got {given}": (
        "{name} phải là một số hoặc (cao, rộng) tính bằng điểm ảnh; nhận được {given}"
    ),
    "{name} must be whole numbers, {span}such as (32, 64); got {given}": (
        "{name} phải là các số nguyên, {span}như (32, 64); nhận được {given}"
    ),
    "{network} needs images of at least {height}×{width}; got {rows}×{columns}": (
        "{network} cần ảnh có cỡ ít nhất {height}×{width}; nhận được {rows}×{columns}"
    ),
    "{option} is for networks with a way through time: give one, such as --time tsm": (
        "{option} dành cho mạng có cách đi qua thời gian: hãy cho một cách, như --time tsm"
    ),
    "{time} takes no options; got {options}": "{time} không nhận tùy chọn nào; nhận được {options}",
    "{time} compares frames, and frames=1 leaves nothing to compare: give 2 or more, or 2d": (
        "{time} so sánh các khung hình, mà frames=1 không để lại gì để so sánh: hãy cho từ 2 trở lên, hoặc 2d"
    ),
    "port is from 0, for a free one, to {most}; got {given}": (
        "port từ 0 (cổng còn trống) đến {most}; nhận được {given}"
    ),
    "save_size is above 0; got {given}": "save_size phải lớn hơn 0; nhận được {given}",
    "{network} gives no scores of classes: open it in Python, striate.lab(module, tensor)": (
        "{network} không cho điểm của các lớp: hãy mở nó trong Python, striate.lab(module, tensor)"
    ),
}
"""Values and names that cannot be."""

OPTIONS = {
    "{verb} has no option {flag}: did you mean {near}?": (
        "{verb} không có tùy chọn {flag}: có phải ý bạn là {near}?"
    ),
    "{verb} has no option {flag}: `{command} --help` lists what it has": (
        "{verb} không có tùy chọn {flag}: `{command} --help` liệt kê những gì nó có"
    ),
    "{verb} has no option {flag}: {near} stands without one, as in `{example}`": (
        "{verb} không có tùy chọn {flag}: {near} đứng một mình, như trong `{example}`"
    ),
    "{verb} takes {names}; got {word} besides: leave it out": (
        "{verb} nhận {names}; ngoài ra còn nhận được {word}: hãy bỏ nó đi"
    ),
    "{verb} needs {names}: for example `{example}`": "{verb} cần {names}: chẳng hạn `{example}`",
    "{flag} needs {part}: for example {example}": "{flag} cần {part}: chẳng hạn {example}",
    "{flag} needs {part}: for example {same} {example}": "{flag} cần {part}: chẳng hạn {same} {example}",
    "a value": "một giá trị",
    "{count} values": "{count} giá trị",
    "{flag} takes no value; got {given}: leave ={value} out": (
        "{flag} không nhận giá trị; nhận được {given}: hãy bỏ ={value}"
    ),
    "{flag} takes NAME=VALUE; got {given}: for example {same} {example}": (
        "{flag} nhận TÊN=GIÁ TRỊ; nhận được {given}: chẳng hạn {same} {example}"
    ),
    "{verb}: {problem}: see `{command} --help`": "{verb}: {problem}: xem `{command} --help`",
    "{first} and {second} are two forms of one result: give one of them": (
        "{first} và {second} là hai dạng của cùng một kết quả: hãy cho một trong hai"
    ),
    "{flags} are two forms of one result: give one of them": (
        "{flags} là hai dạng của cùng một kết quả: hãy cho một trong hai"
    ),
    "{flag} does nothing without {others}: give it too, or leave {same} out": (
        "{flag} không có tác dụng khi thiếu {others}: hãy cho cả tùy chọn đó, hoặc bỏ {same}"
    ),
    "{flag} does nothing without {first} or {second}: give one of them too, or leave {same} out": (
        "{flag} không có tác dụng khi thiếu {first} hoặc {second}: hãy cho cả một trong số đó, hoặc bỏ {same}"
    ),
    "{flag} does nothing without {others}: give one of them too, or leave {same} out": (
        "{flag} không có tác dụng khi thiếu {others}: hãy cho cả một trong số đó, hoặc bỏ {same}"
    ),
    "{flag} does nothing beside {other}: leave one of them out": (
        "{flag} không có tác dụng bên cạnh {other}: hãy bỏ một trong hai"
    ),
}
"""Words of a command line."""

FILES = {
    "could not save {path}: it is a folder; name a file in it": (
        "không lưu được {path}: đó là một thư mục; hãy nêu một tệp trong đó"
    ),
    "could not save {path}: {part}; name another place": (
        "không lưu được {path}: {part}; hãy nêu một chỗ khác"
    ),
    "could not save {path}: {part}; what was saved before is intact: make room or choose another folder with "
    "--out, then try again (a training goes on with --resume)": (
        "không lưu được {path}: {part}; những gì đã lưu trước đó vẫn nguyên vẹn: hãy dọn chỗ hoặc chọn "
        "thư mục khác bằng --out, rồi thử lại (một lần huấn luyện tiếp tục bằng --resume)"
    ),
    "a file stands where a folder is to be": "có một tệp ở chỗ lẽ ra là thư mục",
    "the disk is full": "đĩa đã đầy",
    "cannot write into {path}: {part}; choose another folder with --out": (
        "không ghi được vào {path}: {part}; hãy chọn thư mục khác bằng --out"
    ),
    "cannot read {path}: {reason}; give another path": (
        "không đọc được {path}: {reason}; hãy cho đường dẫn khác"
    ),
    "{path}: {reason}: name another place, or make this one readable and writable": (
        "{path}: {reason}: hãy nêu chỗ khác, hoặc cho phép đọc và ghi ở chỗ này"
    ),
    "{path}: {reason}: give it a shorter name": "{path}: {reason}: hãy cho nó tên ngắn hơn",
    "{path}: {reason}: check the name": "{path}: {reason}: hãy kiểm tra tên",
    "{path}: {reason}: name a file": "{path}: {reason}: hãy nêu một tệp",
    "{path}: {reason}: name a folder": "{path}: {reason}: hãy nêu một thư mục",
    "{path}: {reason}: name another place": "{path}: {reason}: hãy nêu chỗ khác",
    "{path}: {reason}: free some room, or write to another disk": (
        "{path}: {reason}: hãy dọn chỗ, hoặc ghi vào đĩa khác"
    ),
    "this needs more memory than there is: make it smaller, or less at once": (
        "việc này cần nhiều bộ nhớ hơn hiện có: hãy làm nó nhỏ hơn, hoặc ít hơn mỗi lần"
    ),
    "this holds one thing in another more often than can be gone through: name what lies inside": (
        "ở đây các thứ lồng vào nhau sâu hơn mức có thể duyệt: hãy nêu thứ nằm bên trong"
    ),
    "{what} needs the extra {extra}: pip install {package}": (
        "{what} cần gói phụ {extra}: pip install {package}"
    ),
}
"""What the system refuses."""

PICTURES = {
    "cannot read the image {path}: {part}; give a whole image file": (
        "không đọc được ảnh {path}: {part}; hãy cho một tệp ảnh nguyên vẹn"
    ),
    "cannot read the video {path}: {part}; give a whole video file": (
        "không đọc được video {path}: {part}; hãy cho một tệp video nguyên vẹn"
    ),
    "cannot read the video {path}: {part}; correct the segment": (
        "không đọc được video {path}: {part}; hãy sửa lại đoạn"
    ),
    "not an image that Pillow knows": "không phải là ảnh mà Pillow biết",
    "a decompression bomb, above {count} million pixels": "một quả bom giải nén, trên {count} triệu điểm ảnh",
    "{suffix} files are not read": "tệp {suffix} không được đọc",
    "not a video that FFmpeg knows, or broken from the beginning": (
        "không phải là video mà FFmpeg biết, hoặc hỏng ngay từ đầu"
    ),
    "too large for the memory": "quá lớn so với bộ nhớ",
    "No such file or directory": "không có tệp hay thư mục này",
    "Permission denied": "không có quyền",
    "not a file, but a folder, a pipe or a device": (
        "không phải là tệp, mà là thư mục, đường ống hoặc thiết bị"
    ),
    "the file is empty": "tệp rỗng",
    "it holds no frames": "nó không có khung hình nào",
    "it holds no frames that can be decoded": "nó không có khung hình nào giải mã được",
    "it holds no moving pictures": "nó không có hình động",
    "it is a folder of frames, which tells no times": (
        "đó là một thư mục khung hình, vốn không cho biết thời gian"
    ),
    "its frames have no times: put it into a container such as MP4": (
        "các khung hình của nó không có thời gian: hãy đặt nó vào một định dạng chứa như MP4"
    ),
    "it is cut off, or damaged at its end": "nó bị cắt cụt, hoặc hỏng ở cuối",
    "it is cut off: {count} of {all} frames are there": (
        "nó bị cắt cụt: chỉ có {count} trong {all} khung hình"
    ),
    "it is cut off: {count} of {all} seconds are there": "nó bị cắt cụt: chỉ có {count} trong {all} giây",
    "{count} of {all} frames are damaged": "{count} trong {all} khung hình bị hỏng",
    "{count} of {all} frames can be decoded": "chỉ giải mã được {count} trong {all} khung hình",
    "{count} of the frames that it is decoded from {be} damaged": (
        "{count} trong các khung hình mà nó được giải mã từ đó bị hỏng ({be})"
    ),
    "frame {number}: {part}": "khung hình {number}: {part}",
    "frame {number} of {path} cannot be decoded": "không giải mã được khung hình {number} của {path}",
    "FFmpeg as it comes with PyAV has no decoder for it: convert it to H.264": (
        "FFmpeg đi kèm PyAV không có bộ giải mã cho nó: hãy chuyển nó sang H.264"
    ),
    "the time {time} has 60 or more where minutes or seconds are": (
        "thời gian {time} có 60 trở lên ở chỗ của phút hoặc giây"
    ),
    "the time {time} is neither seconds nor hh:mm:ss": "thời gian {time} không phải số giây hay hh:mm:ss",
}
"""Images and videos that cannot be read."""

RUNS = {
    "no run at {path}: expected a folder made by `striate train`; see `ls runs`": (
        "không có lần huấn luyện nào ở {path}: cần một thư mục do `striate train` tạo ra; xem `ls runs`"
    ),
    "another {verb} (process {process}) is writing into {path}: wait for it, or choose another folder with "
    "--out": (
        "một {verb} khác (tiến trình {process}) đang ghi vào {path}: hãy chờ nó, hoặc chọn thư mục khác bằng "
        "--out"
    ),
    "{path} cannot be looked at: {reason}; give a folder that may be read": (
        "không xem được {path}: {reason}; hãy cho một thư mục đọc được"
    ),
    "{path} is half-written: it holds no {file}; if its training still goes on, wait for its first epoch to "
    "end, otherwise go on with `striate train --resume {same}`": (
        "{path} mới ghi một nửa: nó không có {file}; nếu việc huấn luyện còn tiếp diễn, hãy chờ hết "
        "epoch đầu, nếu không hãy tiếp tục bằng `striate train --resume {same}`"
    ),
    "{path} is not a run: it holds no {file}; give a folder made by `striate train`": (
        "{path} không phải là một lần huấn luyện: nó không có {file}; hãy cho một thư mục do `striate train` "
        "tạo ra"
    ),
    "{path} cannot be read: {reason}": "không đọc được {path}: {reason}",
    "{path} is larger than any file of this kind": "{path} lớn hơn mọi tệp loại này",
    "line {number} is not as it was written, its checksum says": (
        "dòng {number} không còn như khi được ghi, theo tổng kiểm của nó"
    ),
    "{path} cannot be read as a run's record: it is damaged; train again, or restore it from a copy": (
        "không đọc được {path} như hồ sơ của một lần huấn luyện: nó bị hỏng; hãy huấn luyện lại, hoặc "
        "khôi phục nó từ bản sao"
    ),
    "{path} is no record of a run: {part}; restore it from a copy": (
        "{path} không phải là hồ sơ của một lần huấn luyện: {part}; hãy khôi phục nó từ bản sao"
    ),
    "{path} is not as it was written, its checksum says: restore it from a copy, or, if you changed it "
    'yourself, set "{key}" in it to null': (
        "{path} không còn như khi được ghi, theo tổng kiểm của nó: hãy khôi phục nó từ bản sao, hoặc, "
        'nếu chính bạn đã sửa nó, hãy đặt "{key}" trong đó thành null'
    ),
    "{path} was written by a newer striate (record format {format}, this one reads up to {most}): upgrade "
    "with `pip install --upgrade striate`": (
        "{path} được ghi bởi một striate mới hơn (dạng hồ sơ {format}, bản này đọc đến {most}): hãy nâng cấp "
        "bằng `pip install --upgrade striate`"
    ),
    "the network of {path} cannot be built: {part}": "không dựng được mạng của {path}: {part}",
    "the weights in {path} are not of the network in its record ({reason}): restore the folder from a copy, "
    "or train again": (
        "trọng số trong {path} không phải của mạng trong hồ sơ của nó ({reason}): hãy khôi phục thư mục "
        "từ bản sao, hoặc huấn luyện lại"
    ),
    "a network is described by {names}; got {given}": "một mạng được mô tả bằng {names}; nhận được {given}",
    "an exported file runs on the processor; got {device}: leave the device out": (
        "một tệp đã xuất chạy trên bộ xử lý; nhận được {device}: hãy bỏ thiết bị đi"
    ),
    "{network} has {what} of its own; --{option} goes with the name of a network, as mobilenet_v2": (
        "{network} có {what} riêng; --{option} đi với tên của một mạng, như mobilenet_v2"
    ),
}
"""Folders of runs."""

TABLES = {
    "left out for want of room: {columns}; {width} columns show all": (
        "bỏ bớt vì thiếu chỗ: {columns}; {width} cột cho thấy tất cả"
    ),
    "left out for want of room: {columns}; {width} columns show all, as does {elsewhere}": (
        "bỏ bớt vì thiếu chỗ: {columns}; {width} cột cho thấy tất cả, {elsewhere} cũng vậy"
    ),
}
"""What tables say of themselves."""

SENTENCES = {**ARGUMENTS, **OPTIONS, **FILES, **PICTURES, **RUNS, **TABLES}
