module ccm.example/client-tour

go 1.24.0

require github.com/baidubce/bce-sdk-go v0.9.277
