"""Networks from files, ONNX and `torch.export`: run node by node and recorded like any module."""
