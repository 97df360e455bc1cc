"""What goes wrong when a network runs, in Vietnamese: sentences that arise where no language is known.

{places} hold facts, which stay as they are; {part}, {part1} … are sentences of a table themselves.
"""

SENTENCES = {
    "{part1}, and it failed: {reason}": "{part1}, và bị lỗi: {reason}",
    "{part1}, {part2}: run on numbers": "{part1}, {part2}: được chạy trên các con số",
    "{part1}, {part2}, but the network is on the meta device": (
        "{part1}, {part2}, nhưng mạng nằm trên thiết bị meta, không có số"
    ),
    "layer {layer} received {part}": "tầng {layer} nhận {part}",
    "the network ({type}) received {part}": "mạng ({type}) nhận {part}",
    "the network": "mạng",
    "no tensor": "không tensor nào",
    "a scalar": "một số",
    "{part1} and {part2}": "{part1} và {part2}",
    "whose code looks at values": "mà mã của nó nhìn vào các giá trị",
    "which does not run on shapes alone": "mà không chạy được chỉ với các kích thước",
    "it expects {expected} input channels, not {given}": "cần {expected} kênh đầu vào, không phải {given}",
    "it expects {expected} channels, not {given}": "cần {expected} kênh, không phải {given}",
    "a kernel of {kernel} does not fit into the input, which is {size} with its padding": (
        "nhân {kernel} không vừa với đầu vào, vốn có cỡ {size} tính cả phần đệm"
    ),
    "a window of {kernel} does not fit into the input, which is {size}": (
        "cửa sổ {kernel} không vừa với đầu vào, vốn có cỡ {size}"
    ),
    "{part}; channels stand first: say {meant}": "{part}; kênh đứng đầu: hãy viết {meant}",
    "{network} has no parameter that learns, so there is no way back": (
        "{network} không có tham số nào học được, nên không có đường lan truyền ngược"
    ),
    "{network} has no gradient, so it cannot be trained: {reason}": (
        "{network} không có gradient, nên không huấn luyện được: {reason}"
    ),
    "{network} has no gradient: {reason}": "{network} không có gradient: {reason}",
    "the network has lazy layers without a shape: run it once on an input first": (
        "mạng có những tầng lazy chưa có kích thước: hãy chạy nó một lần trên một đầu vào trước"
    ),
    "the input {name} of {shape} holds no numbers: give at least one": (
        "đầu vào {name} cỡ {shape} không chứa số nào: hãy cho ít nhất một"
    ),
    "the network is given no tensor: name at least one that it takes": (
        "mạng không được cho tensor nào: hãy nêu ít nhất một tensor mà nó nhận"
    ),
    "the network runs different operations from run to run, so they cannot be timed": (
        "mỗi lần chạy mạng làm những phép tính khác nhau, nên không đo thời gian được"
    ),
    "{network} does not take an input of shape {shape}: {reason}": (
        "{network} không nhận đầu vào có kích thước {shape}: {reason}"
    ),
    "{network} gives a {kind}, expected one tensor: wrap it in a module that returns the tensor to be "
    "explained": (
        "{network} cho ra một {kind}, cần một tensor: hãy bọc nó trong một module trả về tensor cần "
        "giải thích"
    ),
    "{path} is an archive of an older torch.export, which cannot be read safely: export it again": (
        "{path} là tệp của một torch.export cũ, không thể đọc một cách an toàn: hãy xuất lại"
    ),
    "{path} could run code when it is loaded ({name}: {key} is {value}): it is not opened; export the "
    "network "
    "again from its source": (
        "{path} có thể chạy mã khi được nạp ({name}: {key} là {value}): nó không được mở; hãy xuất lại "
        "mạng từ "
        "mã nguồn"
    ),
    "{path} holds more than tensors and a graph ({odd}): it is not opened": (
        "{path} chứa nhiều hơn các tensor và một đồ thị ({odd}): nó không được mở"
    ),
    "inputs of the exported network: {count}; got {given}": (
        "số đầu vào của mạng đã xuất: {count}; nhận được {given}"
    ),
    "{path} is not an archive of torch.export that can be read: {reason}": (
        "{path} không phải là tệp của torch.export đọc được: {reason}"
    ),
    "{path} holds no network: it is empty, or its graph gives nothing": (
        "{path} không chứa mạng nào: tệp rỗng, hoặc đồ thị của nó không cho ra gì"
    ),
    "the network gives a {type}, of which nothing has run: let forward return tensors, or a list of them": (
        "mạng cho ra một {type}, trong đó chưa có gì được chạy: hãy để forward trả về các tensor, "
        "hoặc một danh sách tensor"
    ),
    "{path} is not an ONNX file that can be read: {reason}": (
        "{path} không phải là tệp ONNX đọc được: {reason}"
    ),
    "the functions of the file come to more than {most} nodes": (
        "các hàm của tệp cho ra hơn {most} nút, quá nhiều"
    ),
    "the file takes {names}; got {given} and more": "tệp nhận {names}; nhận được {given} và nhiều hơn nữa",
    "the file takes {names}; got {given}": "tệp nhận {names}; nhận được {given}",
    "the file says that its input {name} has the shape {shape}: an input has at most {most} axes of 1 to "
    "{longest} positions": (
        "tệp nói rằng đầu vào {name} của nó có kích thước {shape}: một đầu vào có nhiều nhất {most} trục dài "
        "từ 1 đến {longest}"
    ),
    "the ONNX operation {type} cannot be run here, only inspected": (
        "phép toán ONNX {type} không chạy được ở đây, chỉ xem xét được"
    ),
    "the ONNX operation {type} cannot be run here": "phép toán ONNX {type} không chạy được ở đây",
    "the file does not say what shape {name} has, which {type} gives": (
        "tệp không nói {name}, do {type} cho ra, có kích thước nào"
    ),
    "neither the file nor ONNX says what shape it gives: taken to be that of its input": (
        "cả tệp lẫn ONNX đều không nói nó cho ra kích thước nào: coi như bằng kích thước đầu vào của nó"
    ),
    "unknown {part} {name}: did you mean {near}? Known: {names}": (
        "không có {part} {name}: có phải là {near}? Các tên đã biết: {names}"
    ),
    "unknown {part} {name}: known: {names}": "không có {part} {name}: các tên đã biết: {names}",
    "layer": "tầng",
    "network": "mạng",
    "input": "đầu vào",
    "{what} needs the extra {extra}: pip install {package}": (
        "{what} cần gói phụ {extra}: pip install {package}"
    ),
}
